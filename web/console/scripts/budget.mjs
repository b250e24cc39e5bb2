// Sizes, gzipped, of what has been built (CONSOLE_OUT, default dist). The first load goes as far as the sign-in form; the shell
// (fetched while somebody types), each page, and what is loaded on demand are what they add to that. Parts that most pages
// share are one file with a limit of its own. Over a limit: exit 1.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const limits = { first: 40_000, signed: 40_000, shared: 10_000, page: 15_000, all: 250_000 };
// What a page loads when it needs it, with limits of its own: the terminal's library, and the player, which with that and with its page
// is the replay.
const apart = [{ name: /^terminal-/, limit: 100_000 }];
const replay = { parts: ['Replay', 'player', 'terminal'], limit: 150_000 };
const out = process.env.CONSOLE_OUT ?? 'dist';
const assets = join(out, 'assets');
if (!existsSync(assets)) {
  console.error(`nothing built in ${out}`);
  process.exit(1);
}

const names = readdirSync(assets).filter((name) => /\.(js|css)$/.test(name));
const size = new Map(names.map((name) => [name, gzipSync(readFileSync(join(assets, name)), { level: 9 }).length]));
const html = gzipSync(readFileSync(join(out, 'index.html')), { level: 9 }).length;
const sum = (/** @type {Iterable<string>} */ set) => [...set].reduce((total, name) => total + (size.get(name) ?? 0), 0);
const text = (/** @type {string} */ name) => readFileSync(join(assets, name), 'utf8');

const named = (/** @type {string} */ name) => names.find((file) => file.startsWith(`${name}-`) && file.endsWith('.js')) ?? '';
const entry = /assets\/(index-[^"]+\.js)/.exec(readFileSync(join(out, 'index.html'), 'utf8'))?.[1] ?? '';
// Vite writes, for each import(), the list of the files that the chunk needs. What the beginning or the router imports is a page.
const needs = new Map();
const pages = new Set();
const demanded = new Set();
for (const from of names.filter((name) => name.endsWith('.js'))) {
  const listed = [...(/m\.f\|\|\(m\.f=(\[[^\]]*\])/.exec(text(from))?.[1] ?? '[]').matchAll(/assets\/([^"]+)"/g)].map((found) => found[1] ?? '');
  for (const [, chunk = '', list = ''] of text(from).matchAll(/import\("\.\/([^"]+)"\)(?:(?:\.then\([^)]*\))?,__vite__mapDeps\(\[([\d,]*)\]\))?/g)) {
    needs.set(chunk, new Set([...(needs.get(chunk) ?? []), ...list.split(',').filter(Boolean).map((i) => listed[Number(i)])]));
    (from === entry || /^routes\b/.test(from) ? pages : demanded).add(chunk);
  }
}
const closure = (/** @type {string} */ start) => {
  const set = new Set([start, ...(needs.get(start) ?? [])]);
  for (const name of set) {
    if (!name.endsWith('.js')) continue;
    for (const found of text(name).matchAll(/(?:from|import)"\.\/([^"]+)"/g)) set.add(found[1] ?? '');
  }
  return set;
};

const union = (/** @type {Set<string>[]} */ ...sets) => new Set(sets.flatMap((set) => [...set]));
const word = (/** @type {string} */ name) => name.replace(/-.{6}\.\w+$/, '');

const first = union(closure(entry), closure(named('SignIn')));
for (const found of readFileSync(join(out, 'index.html'), 'utf8').matchAll(/assets\/([^"]+\.css)"/g)) first.add(found[1] ?? '');
const shell = union(first, closure(named('Shell')));
const shared = union(shell, closure(named('shared')), new Set(names.filter((name) => /^shared-.*\.css$/.test(name))));

/** @type {[string, number, number][]} */
const rows = [
  ['first load', html + sum(first), limits.first],
  ['first load, signed in', html + sum(union(closure(entry), closure(named('Shell')), new Set([...first].filter((name) => /^style-.*css$/.test(name))))), limits.signed],
  ['shell', sum(shell) - sum(first), limits.page],
  ['shared by pages', sum(shared) - sum(shell), limits.shared],
];
const isApart = (/** @type {string} */ name) => apart.some((one) => one.name.test(name));
const added = (/** @type {string} */ chunk, /** @type {Set<string>} */ before) => sum([...closure(chunk)].filter((name) => !before.has(name) && !isApart(name)));
for (const chunk of pages) {
  if (!/^(SignIn|Shell)-/.test(chunk)) rows.push([`page ${word(chunk)}`, added(chunk, chunk.startsWith('Welcome-') ? first : shared), limits.page]);
}
for (const chunk of demanded) {
  if (!pages.has(chunk) && !isApart(chunk) && word(chunk) !== 'player') rows.push([`on demand ${word(chunk)}`, added(chunk, shared), limits.page]);
}
rows.push(['the replay, all of it', sum([...union(...replay.parts.map((name) => closure(named(name))), new Set(names.filter((name) => isApart(name))))].filter((name) => !shared.has(name))), replay.limit]);
for (const { name, limit } of apart) {
  const found = names.filter((file) => name.test(file));
  if (found.length > 0) rows.push([`library ${word(found[0] ?? '')}`, sum(found), limit]);
}
rows.push(['everything', html + sum(names), limits.all]);

let over = 0;
for (const [what, bytes, limit] of rows) {
  const bad = bytes > limit;
  if (bad) over += 1;
  console.log(`${bad ? 'OVER' : 'ok  '} ${what.padEnd(24)} ${(bytes / 1000).toFixed(1).padStart(6)} KB of ${limit / 1000}`);
}
if (pages.size < 12) {
  console.error('the chunks of the pages were not found: has Vite changed how it writes them?');
  over += 1;
}
process.exit(over ? 1 : 0);
