/** The start of a span of time, as people give it. */

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`: so long ago; `2026-07-01`, `2026-07-01T10:00`: then, in local time. Milliseconds since 1970; null where it is neither. */
export function sinceOf(text: string, now: number): number | null {
  const ago = /^(\d+)([smhd])$/.exec(text);
  if (ago) return now - Number(ago[1]) * (units[ago[2] ?? ""] ?? 0);
  const date = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text);
  // a date alone would be taken for UTC
  const at = date ? Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(" ", "T")) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
