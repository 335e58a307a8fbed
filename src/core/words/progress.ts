/** What a person reads while a plan is made. `waited`: in milliseconds. */
export function progressText(entries: number, waited: number): string {
  const rate = Math.round((entries * 1000) / Math.max(1, waited));
  const seen = entries === 0 ? "nothing to change yet" : `${entries} entries to change, ${rate} a second`;
  return `rsync-guard: planning for ${Math.round(waited / 1000)} s: ${seen}`;
}
