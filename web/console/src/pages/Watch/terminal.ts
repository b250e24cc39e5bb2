// The terminal of a watched session: shows, and takes nothing (no key, no paste, no mouse report leaves it; Tab goes on to what comes
// next). Its own chunk: xterm is the largest thing here. xterm makes <style> elements and style attributes, both of which the CSP
// refuses: the former get the response's nonce, the latter are set through the CSSOM instead, which the CSP allows.
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { fit } from './fit';
import type { Screen } from './stream';

export interface ShownTerminal extends Screen {
  whole(on: boolean): void; // all columns fit; else letters have their natural size, and the box scrolls
  aloud(on: boolean): void; // text for screen readers
  clear(): void; // what was shown, and what still waits to be, is void
  waiting(): number; // characters that are not drawn yet
  over(): void; // no cursor any more
  close(): void;
}

// Dark in both schemes: programs choose their colours for that. Each colour reaches 4.5:1 on the ground.
const theme = {
  background: '#0b1015', foreground: '#dfe6ec', cursor: '#dfe6ec', cursorAccent: '#0b1015', selectionBackground: '#37526b',
  black: '#1d2731', red: '#ff7a70', green: '#6fd08c', yellow: '#e5c065', blue: '#7ab8ff', magenta: '#d9a0f0', cyan: '#62d0d6', white: '#dfe6ec',
  brightBlack: '#8a99a8', brightRed: '#ffa39b', brightGreen: '#9be5b0', brightYellow: '#f5da92', brightBlue: '#a9d2ff', brightMagenta: '#ecc6fa', brightCyan: '#9be7eb', brightWhite: '#ffffff',
};
const natural = 14;
const pieceLength = 1 << 20;
type Step = { text: string } | { columns: number; rows: number } | 'clear';

function styled(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

// xterm asks the page's own document, for a row's spans as long as it lives. Style elements are stamped only while `nonce` is set.
let terminals = 0;
let nonce = '';
function make(name: string): HTMLElement {
  const element = Document.prototype.createElement.call(document, name);
  if (element instanceof HTMLSpanElement) element.setAttribute = styled;
  else if (nonce !== '' && element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
}
function lend(): void {
  if (terminals++ === 0) document.createElement = make as typeof document.createElement;
}
function giveBack(): void {
  if (--terminals === 0) delete (document as { createElement?: unknown }).createElement;
}
function openStamped(terminal: Terminal, box: HTMLElement, stamp: string): void {
  nonce = stamp;
  try {
    terminal.open(box);
  } finally {
    nonce = '';
  }
}

function keysOf(terminal: Terminal, event: KeyboardEvent): void {
  const turn: Record<string, () => void> = {
    PageUp: () => terminal.scrollPages(-1), PageDown: () => terminal.scrollPages(1), Home: () => terminal.scrollToTop(), End: () => terminal.scrollToBottom(),
    ArrowUp: () => terminal.scrollLines(-1), ArrowDown: () => terminal.scrollLines(1),
  };
  const act = turn[event.key];
  if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  act();
}

export function openTerminal(box: HTMLElement, stamp: string, behind: (is: boolean) => void): ShownTerminal {
  Terminal.strings.promptLabel = 'The terminal of the session, to look at only';
  const terminal = new Terminal({
    disableStdin: true, scrollback: 5000, fontSize: natural, fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace',
    minimumContrastRatio: 4.5, cursorInactiveStyle: 'outline', logLevel: 'off', linkHandler: { activate: () => undefined },
    theme,
  });
  const picture = document.createElement('div');
  picture.className = 'picture';
  box.append(picture);
  lend();
  openStamped(terminal, picture, stamp);
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.type === 'keydown') keysOf(terminal, event);
    return false;
  });

  const drawn = (): DOMRect => (terminal.element?.querySelector('.xterm-screen') ?? picture).getBoundingClientRect();
  const scaleNow = (): number => Number(picture.style.scale) || 1;
  let everything = true;
  const refit = (): void => {
    const was = terminal.options.fontSize ?? natural;
    const cell = drawn().width / scaleNow() / terminal.cols / was;
    const room = box.clientWidth;
    if (!(cell > 0) || room === 0) return;
    const wanted = everything ? fit(terminal.cols, room, cell).font : natural;
    if (wanted !== was) terminal.options.fontSize = wanted;
    const width = drawn().width / scaleNow();
    const scale = everything ? Math.min(1, room / width) : 1;
    picture.style.scale = String(scale);
    const height = drawn().height;
    box.style.height = `${Math.ceil(height) + (box.offsetHeight - box.clientHeight)}px`;
  };
  const seen = new ResizeObserver(refit);
  seen.observe(box);

  // One piece after the other: xterm throws away what comes in faster than it reads.
  const steps: Step[] = [];
  let busy = false;
  let writing = 0;
  const next = (): void => {
    for (let step = steps.shift(); step; step = steps.shift()) {
      behind(steps.length > 1);
      if (step === 'clear') terminal.reset();
      else if ('text' in step) return write(step.text);
      else {
        terminal.resize(step.columns, step.rows);
        refit();
      }
    }
    behind(false);
  };
  const write = (text: string): void => {
    busy = true;
    writing = text.length;
    terminal.write(text, () => {
      busy = false;
      writing = 0;
      next();
    });
  };
  const add = (step: Step): void => {
    steps.push(step);
    if (!busy) next();
  };
  refit();
  return {
    size: (columns, rows) => add({ columns, rows }),
    show: (text) => {
      const last = busy ? steps.at(-1) : undefined;
      if (last && last !== 'clear' && 'text' in last && last.text.length + text.length < pieceLength) last.text += text;
      else add({ text });
    },
    clear: () => {
      steps.length = 0;
      add('clear');
    },
    waiting: () => steps.reduce((count, step) => count + (step !== 'clear' && 'text' in step ? step.text.length : 0), writing),
    whole: (on) => {
      everything = on;
      refit();
    },
    aloud: (on) => {
      terminal.options.screenReaderMode = on;
    },
    over: () => terminal.write('\x1b[?25l'),
    close: () => {
      seen.disconnect();
      terminal.dispose();
      picture.remove();
      giveBack();
    },
  };
}
