/** Whether a plan that was made elsewhere stands for a dry run here, and if not, why. */
import type { Config } from "../configuration/settings.ts";
import type { PortableHeader } from "../plan/document.ts";
import { type Difference, diff, type Fields } from "./fingerprint.ts";
import { hostsOf } from "./portable.ts";

/** What became of checking one signature; `said`: what ssh-keygen said of it. */
export type Signature =
  | { readonly is: "good"; readonly signer: string; readonly key: string }
  | { readonly is: "unknown"; readonly said: string }
  | { readonly is: "bad"; readonly signer: string; readonly said: string };

/** Why a signature does not count. */
export type Uncounted =
  | Exclude<Signature, { readonly is: "good" }>
  | { readonly is: "maker" | "twice"; readonly signer: string };

export type ImportProblem =
  | { readonly is: "no-signers"; readonly path: string }
  | {
      readonly is: "unsigned";
      readonly needed: number;
      readonly signers: readonly string[];
      readonly uncounted: readonly Uncounted[];
    }
  | { readonly is: "old"; readonly age: number; readonly freshFor: number }
  | { readonly is: "future"; readonly age: number }
  | { readonly is: "again"; readonly age: number }
  | { readonly is: "elsewhere"; readonly host: string; readonly destinations: readonly string[] }
  | { readonly is: "differs"; readonly differences: readonly Difference[] };

export type Approvals = Config["approvals"];

/** Those whose signatures count, each once. */
export function signersOf(
  signatures: readonly Signature[],
  { by }: Pick<PortableHeader["made"], "by">,
  { makerCounts }: Pick<Approvals, "makerCounts">,
): { readonly signers: readonly string[]; readonly uncounted: readonly Uncounted[] } {
  const signers: string[] = [];
  const keys = new Set<string>();
  const uncounted: Uncounted[] = [];
  for (const one of signatures) {
    if (one.is !== "good") uncounted.push(one);
    else if (!makerCounts && isSamePerson(one.signer, by)) uncounted.push({ is: "maker", signer: one.signer });
    else if (signers.includes(one.signer) || keys.has(one.key)) uncounted.push({ is: "twice", signer: one.signer });
    else {
      signers.push(one.signer);
      keys.add(one.key);
    }
  }
  return { signers, uncounted };
}

const isSamePerson = (signer: string, maker: string): boolean => {
  const names = (name: string) => [name, name.replace(/@.*/, "")].map((one) => one.toLowerCase());
  return names(signer).some((name) => names(maker).includes(name));
};

/** So much the clocks of two machines may differ. */
const clockError = 60_000;

/** What is wrong with the signatures and the age of a plan; null: nothing. `importedAt`: null where it never was. */
export function judgePlanFile(
  { made }: Pick<PortableHeader, "made">,
  signatures: readonly Signature[],
  approvals: Approvals,
  { now, importedAt }: { readonly now: number; readonly importedAt: number | null },
): ImportProblem | null {
  const { signers, uncounted } = signersOf(signatures, made, approvals);
  const { signatures: needed, freshFor } = approvals;
  if (signers.length < needed) return { is: "unsigned", needed, signers, uncounted };
  const age = now - Date.parse(made.at);
  if (age < -clockError) return { is: "future", age };
  if (age > freshFor) return { is: "old", age, freshFor };
  return importedAt === null ? null : { is: "again", age: now - importedAt };
}

/** The hosts that a plan is for; those that are no pattern are left out. */
export const destinationsOf = ({ destinations }: Pick<PortableHeader, "destinations">): readonly string[] => [
  ...new Set(destinations.flatMap((pattern) => hostsOf(pattern) ?? [])),
];

/** What is wrong with the run here; `host`: where it would go. */
export function judgeRunHere(
  header: Pick<PortableHeader, "destinations" | "fields">,
  here: Fields,
  host: string,
): ImportProblem | null {
  if (!destinationsOf(header).includes(host)) return { is: "elsewhere", host, destinations: header.destinations };
  // a field that only another version knows differs, too
  const unknown = Object.fromEntries(Object.keys(header.fields).map((field) => [field, ""]));
  const differences = diff(header.fields, { ...unknown, ...here });
  return differences.length > 0 ? { is: "differs", differences } : null;
}
