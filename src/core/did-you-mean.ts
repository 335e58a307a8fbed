import leven from "leven";

/** More changes than that make another word of it. */
const most = 3;

/** `; did you mean explain?`, or empty where nothing is close. */
export function didYouMean(word: string, known: readonly string[]): string {
  const [nearest] = known
    // and a long word takes long
    .filter((one) => Math.abs(one.length - word.length) <= most)
    .map((one) => ({ one, distance: leven(word, one) }))
    .filter(({ one, distance }) => distance <= Math.min(most, one.length / 2))
    .sort((a, b) => a.distance - b.distance);
  return nearest ? `; did you mean ${nearest.one}?` : "";
}
