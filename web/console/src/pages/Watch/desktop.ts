// The picture of a desktop on a canvas: pieces are unpacked side by side and drawn in the order in which they came, and what is on the
// screen changes only when a picture is whole. What came before clear() and is still being unpacked is never drawn.
import { unpack, type Frame } from './frame';

export interface ShownDesktop {
  frame(frame: Frame): void;
  pointer(x: number, y: number, shown: boolean): void;
  clear(): void;
  waiting(): number; // bytes of pixels that are not drawn yet
  close(): void;
}
export interface Pointer {
  left: number; // share of the screen's width
  top: number;
}
interface Told {
  size: (width: number, height: number) => void;
  pointer: (at: Pointer | null) => void;
}

// So many pieces are unpacked ahead of the one that is drawn: each holds its pixels.
const ahead = 4;
type Pixels = Uint8ClampedArray<ArrayBuffer> | null;
interface Job {
  bytes: number;
  unpack: () => Promise<Pixels>;
  pixels?: Promise<Pixels>;
  draw: (pixels: Pixels) => void;
}

export function openDesktop(front: HTMLCanvasElement, told: Told, unpacked = unpack): ShownDesktop {
  const back = document.createElement('canvas');
  let jobs: Job[] = [];
  let running = false;
  let dirty: [left: number, top: number, right: number, bottom: number] | null = null;

  const start = (): void => {
    for (const next of jobs.slice(0, ahead)) next.pixels ??= next.unpack();
  };
  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (let job = jobs[0]; job; job = jobs[0]) {
      start();
      const pixels = await job.pixels!;
      if (jobs[0] !== job) continue; // void meanwhile
      jobs.shift();
      job.draw(pixels);
    }
    running = false;
  };
  const add = (job: Job): void => {
    jobs.push(job);
    start();
    void run();
  };
  const sized = ({ width, height }: Frame['screen']): void => {
    if (back.width === width && back.height === height) return;
    for (const canvas of [back, front]) [canvas.width, canvas.height] = [width, height];
    dirty = null;
    told.size(width, height);
  };
  const black = (): void => {
    const context = back.getContext('2d');
    if (!context) return;
    context.fillStyle = '#000';
    context.fillRect(0, 0, back.width, back.height);
    dirty = [0, 0, back.width, back.height];
  };
  const show = (): void => {
    if (!dirty) return;
    const [x, y, right, bottom] = dirty;
    dirty = null;
    if (right > x && bottom > y) front.getContext('2d')?.drawImage(back, x, y, right - x, bottom - y, x, y, right - x, bottom - y);
  };
  const draw = (it: Frame, pixels: Pixels): void => {
    sized(it.screen);
    if (it.fresh) black();
    if (pixels && pixels.length > 0) {
      back.getContext('2d')?.putImageData(new ImageData(pixels, it.width, it.height), it.x, it.y);
      const [left, top, right, bottom] = dirty ?? [it.x, it.y, it.x, it.y];
      dirty = [Math.min(left, it.x), Math.min(top, it.y), Math.max(right, it.x + it.width), Math.max(bottom, it.y + it.height)];
    }
    if (it.complete) show();
  };

  return {
    frame(it) {
      // What a whole picture covers need not be drawn any more.
      if (it.width === it.screen.width && it.height === it.screen.height) jobs = [];
      add({ bytes: it.width * it.height * 4, unpack: () => unpacked(it), draw: (pixels) => draw(it, pixels) });
    },
    pointer(x, y, shown) {
      const draw = (): void => {
        if (back.width > 0) told.pointer(shown ? { left: Math.min(1, x / back.width), top: Math.min(1, y / back.height) } : null);
      };
      add({ bytes: 0, unpack: () => Promise.resolve(null), draw });
    },
    clear() {
      jobs = [];
    },
    waiting: () => jobs.reduce((bytes, job) => bytes + job.bytes, 0),
    close() {
      jobs = [];
      back.width = back.height = 0;
    },
  };
}
