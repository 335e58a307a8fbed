/** The order of directories on a PATH. */

const directoriesOf = (path: string): readonly string[] => path.split(":");

/** A PATH that begins behind a directory: what comes before it may be a wrapper that calls what is in it. */
export function pathBehind(directory: string, path: string): string {
  const directories = directoriesOf(path);
  const at = directories.indexOf(directory);
  return at < 0 ? path : [...directories.slice(at + 1), ...directories.slice(0, at)].join(":");
}

/** Whether a directory is on that PATH, and the other one is not before it. */
export function comesBefore(directory: string, other: string, path: string): boolean {
  const directories = directoriesOf(path);
  const [at, otherAt] = [directories.indexOf(directory), directories.indexOf(other)];
  return at >= 0 && (otherAt < 0 || at < otherAt);
}
