/** Spans of time and points in time, as people write and read them. */

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m` → milliseconds; null where it is no number with a unit (s, m, h, d). */
export function durationOf(text: string): number | null {
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return count === undefined ? null : Number(count) * (units[unit] ?? 0);
}

/** Milliseconds → `40 s`, `15 min`, `3 h`, `2 days`. */
export function durationText(milliseconds: number): string {
  const total = Math.round(Math.abs(milliseconds) / 1000);
  if (total < 120) return `${total} s`;
  if (total < 120 * 60) return `${Math.round(total / 60)} min`;
  return total < 48 * 3600 ? `${Math.round(total / 3600)} h` : `${Math.round(total / 86400)} days`;
}

/** `90m`: so long ago; `2026-07-01`, `2026-07-01T10:00`: then, in local time. Milliseconds since 1970; null where it is neither. */
export function sinceOf(text: string, now: number): number | null {
  const ago = durationOf(text);
  if (ago !== null) return now - ago;
  const date = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text);
  // a date alone would be taken for UTC
  const at = date ? Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(" ", "T")) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
