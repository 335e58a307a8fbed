/** `rsync-guard presets`: the programs that call rsync, and the configuration that lets them go. */
import { configOf } from "../core/configuration/configuration.ts";
import { type Preset, presetNamed, presets as table } from "../core/setup/presets.ts";
import { plain, presetText } from "../core/words/clients.ts";
import { linesText } from "../core/words/lines.ts";
import { isInstalled, placesHere } from "../io/setup/checks/clients.ts";
import { isAdded, isOwnPiece, pieceOf, pieceText, removePiece, writePiece } from "../io/store/config-piece.ts";
import { FileError } from "../io/store/private-file.ts";
import { type Command, type Output, problem, unexpectedArgument, usage } from "./command.ts";

export const presets: Command = {
  usage: ["", "add NAME [PLACE…]", "remove NAME"],
  does: "list programs that call rsync, or let one of them go",
  flags: {},
  more: [
    "Lists each program with its packages, whether it is installed here and has its lines, what stays guarded, and what is not judged.",
    "add writes /etc/rsync-guard.d/NAME.toml, for the places that the program's own configuration names, or for each PLACE: a directory, or host:directory, as in a [[destination]]. remove takes that file away. Neither touches a file that a person has written.",
  ],
  run: async ({ words: [action, name, ...places] }) => {
    if (action === undefined) return { text: listText(), exitCode: 0 };
    const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (!act) return unexpectedArgument(action);
    if (name === undefined) return usage(`presets ${action} which one? ${Object.keys(table).join(", ")}`);
    const preset = presetNamed(name);
    if (!preset) return usage(`${name} is not a preset: ${Object.keys(table).join(", ")}`);
    try {
      return act(name, preset, places);
    } catch (error) {
      if (error instanceof FileError) return problem(error.message);
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      return problem(`${pieceOf(name)} can't be written (${code}): ${code === "EACCES" ? "use sudo" : message}`);
    }
  },
};

const actions: Readonly<Record<string, (name: string, preset: Preset, places: readonly string[]) => Output>> = {
  add: (name, preset, given) => {
    const places = given.length > 0 ? given : placesHere(preset);
    if (places.length === 0)
      return problem(
        `name the place that ${name} writes to, such as: rsync-guard presets add ${name} '${preset.example}'`,
      );
    const odd = places.find((place) => !/^(?:\/|[^/]*:)/.test(place));
    if (odd !== undefined) return usage(`${odd} is not a place: give an absolute path, or host:path`);
    const path = pieceOf(name);
    const text = presetText(name, preset, places);
    const config = configOf([{ name: path, text, isUsers: false }]);
    if ("broken" in config) return problem(`${places.join(" ")} can't be a place: ${config.broken.problem}`);
    const before = pieceText(path);
    if (before !== null && !isOwnPiece(before))
      return problem(`${path} was not written by presets add: nothing was done`);
    if (before === text) return { text: `unchanged  ${path}\n`, exitCode: 0 };
    writePiece(path, text);
    return { text: `${before === null ? "written" : "updated"}    ${path}\n\n${text}`, exitCode: 0 };
  },
  remove: (name, _, [extra]) => {
    if (extra !== undefined) return unexpectedArgument(extra);
    const path = pieceOf(name);
    const before = pieceText(path);
    if (before === null) return { text: `not there  ${path}\n`, exitCode: 0 };
    if (!isOwnPiece(before)) return problem(`${path} was not written by presets add: nothing was done`);
    removePiece(path);
    return { text: `removed    ${path}\n`, exitCode: 0 };
  },
};

function listText(): string {
  const width = Math.max(...Object.keys(table).map((name) => name.length));
  const lines = Object.entries(table).flatMap(([name, preset]) => {
    const state = isAdded(name) ? "added" : isInstalled(preset) ? "installed, not added" : "not installed";
    const indent = " ".repeat(width + 2);
    return [
      `${name.padEnd(width)}  ${plain(preset.title)} (${preset.packages}): ${state}`,
      `${indent}still refused: ${plain(preset.guarded)}`,
      `${indent}not judged: ${plain(preset.unguarded)}`,
    ];
  });
  return linesText(lines);
}
