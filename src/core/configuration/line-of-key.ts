/** Where a key stands in a file of TOML. Only for a message: this parser is slower than the one that reads the values. */
import { type AST, parseTOML } from "toml-eslint-parser";

/** The line of the key at that path, or of the nearest one above it; 1 where that can't be found. */
export function lineOfKey(text: string, key: readonly (string | number)[]): number {
  let best = { line: 1, length: 0 };
  const visit = (path: readonly (string | number)[], node: AST.TOMLNode) => {
    // of a dotted key the table has no node of its own
    const shared = path.slice(0, key.length);
    if (shared.length > best.length && shared.every((part, at) => part === key[at]))
      best = { line: node.loc.start.line, length: shared.length };
  };
  const walk = (path: readonly (string | number)[], node: AST.TOMLNode): void => {
    visit(path, node);
    if (node.type === "TOMLTopLevelTable" || node.type === "TOMLTable" || node.type === "TOMLInlineTable") {
      for (const child of node.body) {
        if (child.type === "TOMLTable") walk(child.resolvedKey, child);
        else walk([...path, ...child.key.keys.map(nameOf)], child);
      }
    } else if (node.type === "TOMLKeyValue") walk(path, node.value);
    else if (node.type === "TOMLArray")
      for (const [at, element] of node.elements.entries()) walk([...path, at], element);
  };
  for (const table of tablesIn(text)) walk([], table);
  return best.line;
}

/** Nothing of a file with a string of more chars than a function takes arguments: then this parser fails. */
function tablesIn(text: string): readonly AST.TOMLNode[] {
  try {
    return parseTOML(text).body;
  } catch {
    return [];
  }
}

const nameOf = (key: AST.TOMLBare | AST.TOMLQuoted): string => (key.type === "TOMLBare" ? key.name : key.value);
