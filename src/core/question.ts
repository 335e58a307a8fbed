/** The first words with which the shim asks the guard; src/guard.ts answers them. */
const questions: ReadonlySet<string | undefined> = new Set(["decide", "decide-at-terminal", "record"]);

export const isQuestion = (word: string | undefined): boolean => questions.has(word);
