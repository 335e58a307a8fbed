/** A picture of a terminal, as SVG. */
import { atTerminalText } from "../src/core/words/at-terminal.ts";

const columns = 100;
const [width, height, margin] = [8.4, 20, 16] as const;

const escaped = (text: string): string => text.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);

/** What was typed begins with `$ `; the headline of a refusal is bold, as it is at a terminal. */
export function terminalPicture(title: string, lines: readonly string[]): string {
  const shown = atTerminalText(`${lines.join("\n")}\n`, columns, true)
    .trimEnd()
    .split("\n");
  let isBold = false;
  const rows = shown.map((line, at) => {
    isBold ||= line.startsWith("\u001b[1m");
    const style = isBold ? ' class="bold"' : line.startsWith("$ ") ? ' class="typed"' : "";
    isBold &&= !line.endsWith("\u001b[22m");
    const text = escaped(line.replaceAll(/\u001b\[\d+m/g, ""));
    return `  <text x="${margin}" y="${margin + height * (at + 0.75)}"${style} xml:space="preserve">${text}</text>`;
  });
  const size = [Math.ceil(columns * width + 2 * margin), shown.length * height + 2 * margin].join('" height="');
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${size}">
  <title>${escaped(title)}</title>
  <style>
    text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #d8dee9 }
    .bold { font-weight: bold; fill: #fff }
    .typed { fill: #a3be8c }
  </style>
  <rect width="100%" height="100%" rx="8" fill="#20242c"/>
${rows.join("\n")}
</svg>
`;
}
