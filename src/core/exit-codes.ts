/** The exit codes that are rsync-guard's own. rsync uses 0-35 and 124-127, and ssh 255. */
export const exitCodes = { refused: 77, undecidable: 78 } as const;
