// An icon of lucide becomes one path that our Icon.svelte draws, instead of a component with a list of shapes.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ours = fileURLToPath(new URL('../src/ui/Icon.svelte', import.meta.url));
const folder = fileURLToPath(new URL('../node_modules/@lucide/svelte/dist/icons/', import.meta.url));
const number = '-?(?:\\d+\\.?\\d*|\\.\\d+)';
const begins = new RegExp(`^m\\s*(${number})[\\s,]*(${number})\\s*`);

/** @typedef {Record<string, string>} Shape */
// A path of its own begins anywhere; within another one, "m" would be counted from where that ended.
const own = (/** @type {string} */ d) => d.replace(begins, (_all, x, y) => `M${x} ${y}l`).replace(/l(?=[a-zA-Z])/, '');

/** @type {Record<string, (shape: Shape) => string>} */
const drawn = {
  path: ({ d }) => own(d ?? ''),
  line: ({ x1, y1, x2, y2 }) => `M${x1} ${y1}L${x2} ${y2}`,
  polyline: ({ points }) => `M${points}`,
  circle: ({ cx, cy, r }) => `M${Number(cx) - Number(r)} ${cy}a${r} ${r} 0 1 0 ${2 * Number(r)} 0a${r} ${r} 0 1 0-${2 * Number(r)} 0z`,
  rect({ x, y, width, height, rx = '0' }) {
    const [across, down] = [Number(width) - 2 * Number(rx), Number(height) - 2 * Number(rx)];
    const turn = (/** @type {string} */ to) => `a${rx} ${rx} 0 0 1 ${to}`;
    return `M${Number(x) + Number(rx)} ${y}h${across}${turn(`${rx} ${rx}`)}v${down}${turn(`-${rx} ${rx}`)}h-${across}${turn(`-${rx}-${rx}`)}v-${down}${turn(`${rx}-${rx}`)}z`;
  },
};

export function pathOf(/** @type {string} */ source) {
  /** @type {{ node: [string, Shape][] }} */
  const { node } = JSON.parse(/const iconData = (\{.*\});/.exec(source)?.[1] ?? '');
  return node.map(([tag, shape]) => /** @type {(shape: Shape) => string} */ (drawn[tag])(shape)).join('');
}

/** @returns {import('vite').Plugin} */
export function smallIcons() {
  return {
    name: 'small-icons',
    enforce: 'pre',
    resolveId: (source) => (source.startsWith('@lucide/svelte/icons/') ? source.replace(/^.*\//, '\0/icons/') + '.js' : undefined),
    load(id) {
      if (!id.startsWith('\0/icons/')) return undefined;
      const source = readFileSync(folder + id.slice('\0/icons/'.length).replace(/js$/, 'svelte'), 'utf8');
      return `import Icon from ${JSON.stringify(ours)};\nexport default (at, props) => Icon(at, { ...props, d: '${pathOf(source)}' });`;
    },
  };
}
