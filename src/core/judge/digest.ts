/** Digests. Not by node:crypto, whose start would take half the time of a decision. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Fields } from "./fingerprint.ts";

/** SHA-256, 64 hex digits. */
export const digestOfBytes = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));

/** The name of an approval: 64 hex digits. */
export const fingerprintOf = (fields: Fields): string =>
  digestOfBytes(utf8ToBytes(JSON.stringify(Object.entries(fields))));
