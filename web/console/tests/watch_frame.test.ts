import { deflateSync } from 'node:zlib';
import { DecompressionStream as NodeDecompressionStream } from 'node:stream/web';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openDesktop } from '../src/pages/Watch/desktop';
import { readFrame, unpack, type Frame } from '../src/pages/Watch/frame';

interface Head {
  kind?: number; flags?: number; rect?: [number, number, number, number]; screen?: [number, number]; zero?: number; at?: number;
}
function message({ kind = 1, flags = 1, rect = [0, 0, 2, 2], screen = [4, 4], zero = 0, at = 1500 }: Head, pixels: Uint8Array = deflateSync(new Uint8Array(rect[2] * rect[3] * 4).fill(7))): ArrayBuffer {
  const buffer = new ArrayBuffer(24 + pixels.length);
  const view = new DataView(buffer);
  view.setUint8(0, kind);
  view.setUint8(1, flags);
  [...rect, ...screen].forEach((value, i) => view.setUint16(2 + 2 * i, value, true));
  view.setUint16(14, zero, true);
  view.setFloat64(16, at, true);
  new Uint8Array(buffer, 24).set(pixels);
  return buffer;
}

beforeEach(() => {
  vi.stubGlobal('DecompressionStream', NodeDecompressionStream);
});

describe('a piece of a picture', () => {
  it('is read as it stands', () => {
    expect(readFrame(message({ flags: 7, rect: [1, 2, 3, 2] }))).toMatchObject({ at: 1500, complete: true, fresh: true, coarse: true, x: 1, y: 2, width: 3, height: 2, screen: { width: 4, height: 4 } });
  });
  it.each<[string, Head]>([
    ['of another kind', { kind: 2 }], ['with flags that nobody knows', { flags: 8 }], ['beyond the right edge', { rect: [3, 0, 2, 2] }], ['beyond the lower edge', { rect: [0, 3, 2, 2] }],
    ['of a screen without a size', { rect: [0, 0, 0, 0], screen: [0, 4] }], ['of a screen that is too wide', { screen: [8193, 4] }], ['of a screen that is too large', { screen: [8192, 8192] }],
    ['with something where nothing is', { zero: 1 }], ['before the beginning', { at: -1 }], ['at no time', { at: NaN }], ['at the end of time', { at: Infinity }],
  ])('%s is none', (_, head) => {
    expect(readFrame(message(head))).toBeNull();
  });
  it('that is cut off, or no bytes at all, is none', () => {
    for (let length = 0; length < 24; length++) expect(readFrame(message({}).slice(0, length)), String(length)).toBeNull();
    expect(readFrame(message({}, new Uint8Array(0)))).toBeNull();
    expect(readFrame('{"kind":"show"}')).toBeNull();
    expect(readFrame(null)).toBeNull();
  });
  it('never breaks the page, whatever the bytes are', () => {
    let seed = 11;
    const next = (): number => (seed = (seed * 48271) % 2147483647) & 255;
    for (let round = 0; round < 2000; round++) {
      const bytes = Uint8Array.from({ length: 24 + (round % 9) }, next);
      if (round % 2 === 0) bytes[0] = 1;
      const frame = readFrame(bytes.buffer);
      if (frame) expect(frame.x + frame.width <= frame.screen.width && frame.y + frame.height <= frame.screen.height && frame.at >= 0).toBe(true);
    }
  });
  it('unpacks to just the pixels of its rectangle', async () => {
    expect([...((await unpack(readFrame(message({}))!)) ?? [])]).toEqual(new Array(16).fill(7));
  });
  it.each<[string, Uint8Array]>([
    ['to more than it says', deflateSync(new Uint8Array(17))], ['to very much more', deflateSync(new Uint8Array(50 << 20))], ['to less', deflateSync(new Uint8Array(15))],
    ['to nothing, being no stream', Uint8Array.from([1, 2, 3, 4])], ['in part, being cut off', deflateSync(Uint8Array.from({ length: 16 }, (_, i) => i * 31)).subarray(0, 12)],
  ])('that unpacks %s is not drawn', async (_, pixels) => {
    expect(await unpack(readFrame(message({}, pixels))!)).toBeNull();
  });
});

describe('the picture on the page', () => {
  class FakeImageData {
    constructor(readonly data: Uint8ClampedArray, readonly width: number, readonly height: number) {}
  }
  let done: string[];
  let waits: Map<number, (pixels: Uint8ClampedArray<ArrayBuffer> | null) => void>;
  const piece = (x: number, over: Partial<Frame> = {}): Frame => ({ kind: 'frame', at: x, complete: true, fresh: false, coarse: false, x, y: 0, width: 1, height: 1, screen: { width: 4, height: 4 }, packed: new Uint8Array(1), ...over });
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  function open() {
    done = [];
    waits = new Map();
    vi.stubGlobal('ImageData', FakeImageData);
    const make = document.createElement.bind(document);
    vi.spyOn(document, 'createElement').mockImplementation(((name: string) => {
      const made = make(name);
      if (name === 'canvas') {
        const context = { putImageData: (_: unknown, x: number, y: number) => done.push(`put ${x},${y}`), drawImage: (...given: unknown[]) => done.push(`show ${given.slice(1, 5).join(',')}`), fillRect: () => done.push('black') };
        (made as HTMLCanvasElement).getContext = (() => context) as unknown as HTMLCanvasElement['getContext'];
      }
      return made;
    }) as typeof document.createElement);
    return openDesktop(document.createElement('canvas'), { size: (w, h) => done.push(`size ${w}x${h}`), pointer: (at) => done.push(at ? `pointer ${at.left},${at.top}` : 'no pointer') }, (frame) => new Promise((ready) => waits.set(frame.x, ready)));
  }
  const unpacked = (x: number): void => waits.get(x)?.(new Uint8ClampedArray(4));

  it('is drawn in the order in which the pieces came, not in that in which they were unpacked', async () => {
    const desktop = open();
    desktop.frame(piece(0));
    desktop.frame(piece(1));
    desktop.pointer(2, 1, true);
    unpacked(1);
    await settled();
    expect(done).toEqual([]);
    unpacked(0);
    await settled();
    expect(done).toEqual(['size 4x4', 'put 0,0', 'show 0,0,1,1', 'put 1,0', 'show 1,0,1,1', 'pointer 0.5,0.25']);
    expect(desktop.waiting()).toBe(0);
  });
  it('changes only when it is whole', async () => {
    const desktop = open();
    desktop.frame(piece(0, { complete: false }));
    unpacked(0);
    await settled();
    expect(done).toEqual(['size 4x4', 'put 0,0']);
    desktop.frame(piece(1));
    unpacked(1);
    await settled();
    expect(done.at(-1)).toBe('show 0,0,2,1');
  });
  it('never shows what came before a seek and was unpacked after it', async () => {
    const desktop = open();
    desktop.frame(piece(0));
    desktop.clear();
    desktop.frame(piece(1, { fresh: true }));
    unpacked(0);
    await settled();
    unpacked(1);
    await settled();
    expect(done).toEqual(['size 4x4', 'black', 'put 1,0', 'show 0,0,4,4']);
  });
  it('goes on after a piece that is damaged', async () => {
    const desktop = open();
    desktop.frame(piece(0));
    desktop.frame(piece(1));
    waits.get(0)?.(null);
    unpacked(1);
    await settled();
    expect(done).toContain('put 1,0');
  });
});
