/**
 * What the shim asks the guard. `record` comes after a dry run that was let go, with its exit code; `watch` in its place,
 * right after that has begun.
 */
const questions = [
  "decide",
  "decide-at-terminal",
  "record",
  "record-at-terminal",
  "watch",
  "watch-at-terminal",
] as const;

export type Question = (typeof questions)[number];

export const isQuestion = (word: string | undefined): word is Question => questions.some((one) => one === word);
