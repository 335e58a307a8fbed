/** Whether a pattern of the configuration means anything on this host. */
import picomatch from "picomatch";

/** Whether something matches an absolute pattern, component by component. `namesIn`: what is in a directory. */
export function matchesAny(pattern: string, namesIn: (directory: string) => readonly string[]): boolean {
  const walk = (directory: string, [part, ...rest]: readonly string[]): boolean => {
    if (part === undefined || part === "**") return true;
    const isMatch = picomatch(part, { dot: true });
    return namesIn(directory).some((name) => isMatch(name) && walk(`${directory}${name}/`, rest));
  };
  return walk(
    "/",
    pattern.split("/").filter((part) => part !== ""),
  );
}
