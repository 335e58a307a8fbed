/** Node's Buffer, as far as the guard uses it. */
import { decode, encode } from "host";

type Encoding = "utf8" | "latin1" | "hex" | "base64";

const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    const digits = [18, 12, 6, 0].map((shift) => base64.charAt((bits >> shift) & 63)).join("");
    text += b === undefined ? `${digits.slice(0, 2)}==` : c === undefined ? `${digits.slice(0, 3)}=` : digits;
  }
  return text;
}

function bytesOfHex(text: string): Uint8Array {
  const pairs = /^(?:[0-9a-f]{2})*/i.exec(text)?.[0].match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

/** As Node reads it: also that of URLs, up to the first =, past what is no digit. */
function bytesOfBase64(text: string): Uint8Array {
  const [whole = ""] = text.replaceAll("-", "+").replaceAll("_", "/").split("=", 1);
  const digits = [...whole].map((digit) => base64.indexOf(digit)).filter((value) => value >= 0);
  const bytes = new Uint8Array(Math.floor((digits.length * 6) / 8));
  for (const at of bytes.keys()) {
    const bit = at * 8;
    const pair = ((digits[Math.floor(bit / 6)] ?? 0) << 6) | (digits[Math.floor(bit / 6) + 1] ?? 0);
    bytes[at] = pair >> (4 - (bit % 6));
  }
  return bytes;
}

export class Buffer extends Uint8Array {
  static alloc(size: number): Buffer {
    return new Buffer(size);
  }

  /** `encoding` is of any type only because Uint8Array.from() takes a function there. */
  static override from(value: string | ArrayLike<number> | Iterable<number> | ArrayBuffer, encoding?: unknown): Buffer {
    if (value instanceof ArrayBuffer) return new Buffer(value);
    if (typeof value !== "string") return new Buffer(Uint8Array.from(value as ArrayLike<number>).buffer);
    if (encoding === "hex") return new Buffer(bytesOfHex(value).buffer as ArrayBuffer);
    if (encoding === "base64") return new Buffer(bytesOfBase64(value).buffer as ArrayBuffer);
    return new Buffer(encode(value, encoding === "latin1"));
  }

  static concat(parts: readonly Uint8Array[]): Buffer {
    const whole = new Buffer(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  override toString(encoding: Encoding = "utf8", start = 0, end = this.length): string {
    const from = Math.max(0, Math.min(start, this.length));
    const length = Math.max(0, Math.min(end, this.length) - from);
    if (encoding === "hex") return hexOf(this.subarray(from, from + length));
    if (encoding === "base64") return base64Of(this.subarray(from, from + length));
    return decode(this, from, length, encoding === "latin1");
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, at) => byte === other[at]);
  }

  /** A part of it, in the same memory. */
  override subarray(start = 0, end = this.length): Buffer {
    const clamp = (at: number) => Math.max(0, Math.min(at < 0 ? at + this.length : at, this.length));
    const from = clamp(start);
    return new Buffer(this.buffer, this.byteOffset + from, Math.max(0, clamp(end) - from));
  }
}
