/** Lines as a text: each one ends with a newline. */
export const linesText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
