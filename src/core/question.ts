/** What the shim asks the guard. */
export type Question = "decide" | "decide-at-terminal" | "record";

const questions: ReadonlySet<string | undefined> = new Set<Question>(["decide", "decide-at-terminal", "record"]);

export const isQuestion = (word: string | undefined): boolean => questions.has(word);
