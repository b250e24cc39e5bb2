// xterm comes minified but with the long names of its private members (`_buffer`, `translateBufferLineToString`): here they get short
// ones. Private is what neither the platform's typings nor xterm's own name, nor any text in it (`x["name"]`). What browsers had before
// the typings is named below.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformWithEsbuild } from 'vite';

const older = 'altGraphKey wheelDelta wheelDeltaX wheelDeltaY HORIZONTAL_AXIS VERTICAL_AXIS electron env vscode';
const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));
const word = /[A-Za-z_$][\w$]*/g;

function known() {
  const libs = readdirSync(`${modules}typescript/lib`).filter((name) => /^lib\.(dom|es\d|decorators).*\.d\.ts$/.test(name));
  if (libs.length < 20) throw new Error("the platform's typings were not found: where has TypeScript put them?");
  const typings = [...libs.map((name) => `typescript/lib/${name}`), '@xterm/xterm/typings/xterm.d.ts'].map((name) => readFileSync(modules + name, 'utf8'));
  return new Set([older, ...typings].join('\n').match(word));
}

/** @returns {import('vite').Plugin} */
export function smallXterm() {
  return {
    name: 'small-xterm',
    apply: 'build',
    enforce: 'pre',
    async transform(code, id) {
      if (!id.endsWith('/@xterm/xterm/lib/xterm.mjs')) return undefined;
      const open = known();
      for (const [, text = ''] of code.matchAll(/["'`]([A-Za-z_$][\w$]*)["'`]/g)) open.add(text);
      const members = new Set([...code.matchAll(/[.{,;\s]([A-Za-z_$][\w$]{2,})/g)].map(([, name = '']) => name));
      const secret = [...members].filter((name) => !open.has(name)).map((name) => name.replaceAll('$', '\\$'));
      const made = await transformWithEsbuild(code, id, { minify: true, target: 'es2022', mangleProps: new RegExp(`^(?:${secret.join('|')})$`), sourcemap: false });
      return { code: made.code, map: null };
    },
  };
}
