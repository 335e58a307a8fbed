/** The words about plans that travel: who made and signed one, and why one does not count. */
import { bytesOf } from "../bytes.ts";
import { durationText } from "../duration.ts";
import type { ImportProblem, Uncounted } from "../judge/import.ts";
import type { PortableHeader } from "../plan/document.ts";
import { showBytes, showText } from "../quoting.ts";
import { plural } from "./message.ts";

const list = (names: readonly string[]): string => names.map((name) => showText(name)).join(", ") || "nobody";

export const madeText = ({ made, destinations }: PortableHeader, now: number): string =>
  `made by ${showText(made.by)} on ${showText(made.host)}, ${durationText(now - Date.parse(made.at))} ago, for ${list(destinations)}`;

function uncountedText(one: Uncounted): string {
  switch (one.is) {
    case "unknown":
      return "a signature by a key that the file of signers does not have, or that has expired there";
    case "bad":
      return `a signature of ${showText(one.signer)} that is not valid: ${showText(one.said.split("\n")[0] ?? "")}`;
    case "maker":
      return `${showText(one.signer)} made the plan (approvals.maker_counts is false)`;
    case "twice":
      return `another signature of ${showText(one.signer)}`;
  }
}

type Texts = { readonly [I in ImportProblem["is"]]: (problem: Extract<ImportProblem, { readonly is: I }>) => string };

const problems: Texts = {
  "no-signers": ({ path }) =>
    `there is no ${showText(path)} (approvals.signers), so nobody can sign a plan for this machine`,
  unsigned: ({ needed, signers, uncounted }) =>
    [
      `it needs ${plural(needed, "signature")}, and has ${signers.length === 0 ? "none that counts" : `only that of ${list(signers)}`}`,
      ...uncounted.map((one) => `  does not count: ${uncountedText(one)}`),
    ].join("\n"),
  old: ({ age, freshFor }) =>
    `it was made ${durationText(age)} ago, and counts for ${durationText(freshFor)} (approvals.fresh_for)`,
  future: ({ age }) => `it was made in the future, by ${durationText(age)}: compare the clocks`,
  again: ({ age }) => `it was imported already, ${durationText(age)} ago: make a new plan`,
  elsewhere: ({ host, destinations }) =>
    `it is for ${list(destinations)}, and this would go to ${showText(host)} (plan --destinations names the hosts)`,
  differs: ({ differences }) =>
    [
      "the command is not the same here",
      ...differences.map(
        ({ field, before, now }) =>
          `  ${showText(field)}  ${showBytes(bytesOf(before)) || "(none)"}  ->  ${showBytes(bytesOf(now)) || "(none)"}`,
      ),
    ].join("\n"),
};

export const importProblemText = (problem: ImportProblem): string =>
  (problems[problem.is] as (one: ImportProblem) => string)(problem);
