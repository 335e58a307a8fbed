/** What rsync's own help says of the table of options. */
import { longOption } from "../command/options.ts";

/** The long names in the output of `rsync --help` that the table lacks. */
export const unknownOptions = (help: string): readonly string[] => [
  ...new Set(
    [...help.matchAll(/--([a-z0-9]+(?:-[a-z0-9]+)*)(?![-\w])/g)].flatMap(([, name = ""]) =>
      longOption(name) ? [] : name,
    ),
  ),
];
