/** The modules of an rsync daemon, as rsyncd.conf(5) has them. What another file adds (`&include`) is not read. */

/** The modules that can be written to, and have no `pre-xfer exec` with rsync-guard. */
export function unguardedModules(lines: readonly string[]): readonly string[] {
  const modules = new Map<string, Map<string, string>>();
  // what stands before the first module counts for all
  const general = new Map<string, string>();
  let current = general;
  for (const line of lines.join("\n").replaceAll("\\\n", "").split("\n")) {
    const [, module] = /^\s*\[(.*)\]\s*$/.exec(line) ?? [];
    if (module !== undefined) {
      const name = module.trim();
      current = name.toLowerCase() === "global" ? general : (modules.get(name) ?? new Map(general));
      if (current !== general) modules.set(name, current);
      continue;
    }
    const [, name, value] = /^\s*([^#;=][^=]*)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) current.set(name.toLowerCase().replace(/[\s_]/g, ""), (value ?? "").trim());
  }
  return [...modules]
    .filter(([, said]) => /^(?:no|false|0)$/i.test(said.get("readonly") ?? "yes"))
    .filter(([, said]) => !/\brsync-guard\s+daemon-check\b/.test(said.get("pre-xferexec") ?? ""))
    .map(([name]) => name);
}
