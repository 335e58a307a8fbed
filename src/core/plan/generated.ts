/** Names that a bundler has made, which change with the content of the file. */
import type { Bytes } from "../bytes.ts";

/** `445.e998db9dc9.js`, `chunk-2QW3ABCD.js.map`: letters and digits mixed. It is asked of each name, so both are one test. */
const digest = /(?:^|[-._~])((?=[A-Za-z]*\d)(?=\d*[A-Za-z])[0-9A-Za-z]{6,})(?=[-._~])/;
/** A word with a number behind it. */
const numbered = /^(?:[A-Z]?[a-z]+|[A-Z]+)\d+$/;
/** `index-DkzFh3_a.js`, where a dash may be in it. */
const eight = /-(?=[^.]*[a-z])(?=[^.]*[\d_-])(?=[^-.]*[A-Z\d])[\w-]{8}\.[a-z]/;

const digestOrEight = new RegExp(`${digest.source}|${eight.source}`);

function isGenerated(name: Bytes): boolean {
  const found = digestOrEight.exec(name);
  return found !== null && (found[1] === undefined || !numbered.test(found[1]) || eight.test(name));
}

export const generatedIn = (names: readonly Bytes[]): readonly Bytes[] => names.filter(isGenerated);
