/**
 * Whether the shim asks that of the guard: to decide; to watch a dry run that has begun; where its shell can't have that,
 * to record one that has ended.
 */
export const isQuestion = (word: string | undefined): word is string =>
  /^(?:decide|watch|record)(?:-at-terminal)?$/.test(word ?? "");
