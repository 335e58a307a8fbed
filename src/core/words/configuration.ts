/** The configuration that counts, as TOML that says the same, with the origin of each value in a comment. */
import type { ConfigOrigins, Origin, ValueWithOrigin } from "../configuration/origins.ts";
import { showText, tomlText } from "../quoting.ts";
import { linesText } from "./lines.ts";

export function originsText({ files, general, receiver, destinations, ignored }: ConfigOrigins): string {
  const tables = [general, receiver, ...destinations];
  const width = Math.min(60, Math.max(...tables.flat().map((one) => lineOf(one).length)));
  const rows = (values: readonly ValueWithOrigin[]) =>
    values.map((one) =>
      one.value === null ? `# ${one.key} is not set` : `${lineOf(one).padEnd(width)}  # ${originText(one)}`,
    );
  return linesText([
    `# ${files.length > 0 ? `from ${files.map(showText).join(", ")}` : "no file: all values are built in"}`,
    ...ignored.map((one) => `# without effect, since a system's file is locked: ${one.key}, ${originText(one)}`),
    "",
    ...rows(general),
    "",
    "[receiver]",
    ...rows(receiver),
    ...destinations.flatMap((values) => ["", "[[destination]]", ...rows(values)]),
  ]);
}

const lineOf = ({ key, value }: ValueWithOrigin): string => `${key} = ${tomlOf(value)}`;

const tomlOf = (value: unknown): string =>
  typeof value === "string" ? tomlText(value) : Array.isArray(value) ? `[${value.map(tomlOf).join(", ")}]` : `${value}`;

const originText = ({ from }: ValueWithOrigin): string =>
  from.length > 0 ? from.map(placeText).join(", ") : "built in";

const placeText = ({ file, line }: Origin): string => `${showText(file)}:${line}`;
