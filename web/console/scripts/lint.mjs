// Bans what the CSP forbids, or what would let a text become markup: {@html}, innerHTML and its kin, eval, styles in attributes,
// styles made by scripts, and addresses of other hosts. Says file and line; ends with 1 if there is anything.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** @type {[RegExp, string][]} */
const bans = [
  [/\{@html\b/, '{@html} makes markup of a text'],
  [/\b(inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write\b|\bsrcdoc\b|\bsetHTMLUnsafe\b|\bparseFromString\b/, 'makes markup of a text'],
  [/\beval\s*\(|\bnew\s+Function\s*\(|\bset(Timeout|Interval)\s*\(\s*['"`]/, 'runs a text as a program'],
  [/<[a-zA-Z][^>]*\sstyle=["']/, 'a style attribute: the CSP forbids it'],
  [/createElement\(\s*['"](style|script|iframe)['"]/, 'makes a style, script or frame'],
  [/['"`(](https?:)?\/\/(?!www\.w3\.org\/2000\/svg)[a-z0-9-]+\.[a-z]/i, "another host's address"],
  [/javascript:/i, 'a javascript: address'],
  [/\bdocument\.cookie\b/, 'cookies are for the server'],
];
// xterm makes its <style> itself; what stamps the nonce on it may name createElement('style').
const allowed = /lint-allows: (.+)/;

function* files(/** @type {string} */ folder) {
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (/\.(svelte|ts|js|mjs|html|css)$/.test(name)) yield join(folder, name);
  }
}

let wrong = 0;
for (const file of [...files('src'), 'index.html', 'offline.html', 'scripts/sw.template.js']) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  for (const [i, line] of lines.entries()) {
    for (const [pattern, why] of bans) {
      if (!pattern.test(line) || allowed.test(lines[i - 1] ?? '') || allowed.test(line)) continue;
      console.error(`${file}:${i + 1}: ${why}: ${line.trim()}`);
      wrong += 1;
    }
  }
}
console.log(wrong ? `${wrong} wrong` : 'nothing banned');
process.exit(wrong ? 1 : 0);
