/** What is said where the guard can't even ask. Apart from the other words, which most runs do without. */

/** Where the guard itself broke. */
export const failureText = ({ message }: Error): string =>
  `rsync-guard: refused, nothing ran: the guard failed: ${message}\n  next: report it, with the command; to go on without the guard, call rsync by its full path\n`;

/** Where the shim asked something that this guard does not know. */
export const unknownQuestionText = (isUnreadable: boolean): string =>
  isUnreadable
    ? "rsync-guard: refused, nothing ran: an argument contains bytes that are not UTF-8, and there is no /proc to read it from\n  next: mount /proc, then run the command again\n"
    : "rsync-guard: refused, nothing ran: the shim and the guard are not of the same version\n  next: rsync-guard install again, or install the package again\n";
