/** Of any count: Math.max() takes no more than a function takes arguments, in the executable 65,534. */
export function largest(numbers: Iterable<number>, least = 0): number {
  let most = least;
  for (const number of numbers) most = Math.max(most, number);
  return most;
}
