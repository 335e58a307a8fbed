/** A message as a terminal shows it. Nothing in it needs that to be understood. */

const bold = ["\u001b[1m", "\u001b[22m"] as const;

/** Commands and what is compared stay in one piece: they are pasted, or read in columns. */
const isWhole = (line: string): boolean => /^(?: {4}| {2}rsync )/.test(line);

/** Below that, wrapping makes nothing easier to read. */
const leastColumns = 40;

/** Headlines bold, and lines wrapped at blanks. `columns`: null where they are not known. */
export function atTerminalText(text: string, columns: number | null, isBold: boolean): string {
  const lines = text.split("\n");
  return lines
    .map((line, at) => {
      const isHeadline = line.startsWith("rsync-guard: ") && lines[at + 1]?.startsWith("  ") === true;
      const shown = columns === null || columns < leastColumns || isWhole(line) ? line : wrapped(line, columns);
      return isHeadline && isBold ? `${bold[0]}${shown}${bold[1]}` : shown;
    })
    .join("\n");
}

function wrapped(line: string, columns: number): string {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(/(?<=\S) /)) {
    const longer = current === "" ? word : `${current} ${word}`;
    if (current === "" || [...longer].length <= columns) current = longer;
    else {
      lines.push(current);
      current = `    ${word}`;
    }
  }
  return [...lines, current].join("\n");
}
