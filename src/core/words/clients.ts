/** Words about programs that call rsync, and the files of their presets. */
import { type Preset, presetLines } from "../setup/presets.ts";
import { linesText } from "./lines.ts";

/** Programs that are installed, and that nothing lets go. */
export const clientsText = (names: readonly string[]): string =>
  `${names.join(", ")} ${names.length === 1 ? "is" : "are"} installed and will be refused`;

export const addPreset = (name: string): string => `rsync-guard presets add ${name}`;

/** In the first line of a file that this program wrote, and may write anew or remove. */
export const presetMark = "# written by rsync-guard presets add ";

/** What the table says, for a terminal. */
export const plain = (text: string): string => text.replaceAll("`", "");

/** The file of a preset. */
export const presetText = (name: string, preset: Preset, places: readonly string[]): string =>
  linesText([
    `${presetMark}${name}; rsync-guard presets remove ${name} takes it away`,
    `# ${plain(preset.title)}. Still refused: ${plain(preset.guarded)}.`,
    `# Not judged: ${plain(preset.unguarded)}.`,
    `# The words of a refusal: ${plain(preset.words)}; and rsync-guard log --refused.`,
    "",
    ...presetLines(preset, places),
  ]);
