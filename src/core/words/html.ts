/** What our pages of HTML have in common: they load nothing, and run no script. */
const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "");

/** The title is HTML. */
export const pageHead = (title: string, style: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${style}</style>
`;

export const pageStyle = `
:root { color-scheme: light dark; --soft: light-dark(#57606a, #9aa4ae); --line: light-dark(#d0d7de, #3d444d);
  --delete: light-dark(#b3261e, #ff8a80); --overwrite: light-dark(#7a5200, #e3b341); --add: light-dark(#116329, #56d364); --attributes: light-dark(#57606a, #9aa4ae); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#fff, #0d1117); color: light-dark(#1f2328, #e6edf3); }
h1 { font-size: 1.25rem; margin: 0 0 .5rem; }
code { font: .875rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
`;
