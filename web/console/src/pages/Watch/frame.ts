// A piece of a desktop's picture, as a binary message brings it (api/types.ts): its head is checked before anything is made of it, and
// it never unpacks to more than the head says.
export interface Frame {
  kind: 'frame';
  at: number; // milliseconds since the recording began
  complete: boolean; // with it the picture is whole and may be shown
  fresh: boolean; // begins after a seek: the rest of the screen is black
  coarse: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
  screen: { width: number; height: number };
  packed: Uint8Array; // a zlib stream of R G B A, top line first
}
export const headLength = 24;
export const largestSide = 8192; // of a screen
const mostPixels = 8192 * 4320;

export function readFrame(data: unknown): Frame | null {
  if (!(data instanceof ArrayBuffer) || data.byteLength < headLength) return null;
  const view = new DataView(data);
  const flags = view.getUint8(1);
  const [x, y, width, height, across, down] = [2, 4, 6, 8, 10, 12].map((at) => view.getUint16(at, true)) as [number, number, number, number, number, number];
  const at = view.getFloat64(16, true);
  if (view.getUint8(0) !== 1 || flags > 7 || view.getUint16(14, true) !== 0) return null;
  if (!Number.isFinite(at) || at < 0) return null;
  if (across === 0 || down === 0 || across > largestSide || down > largestSide || across * down > mostPixels) return null;
  if (x + width > across || y + height > down) return null;
  const packed = new Uint8Array(data, headLength);
  if (width * height > 0 && packed.length === 0) return null;
  return { kind: 'frame', at, complete: (flags & 1) !== 0, fresh: (flags & 2) !== 0, coarse: (flags & 4) !== 0, x, y, width, height, screen: { width: across, height: down }, packed };
}

// Its pixels; null where the stream is none, or unpacks to another number of bytes than the rectangle has.
export async function unpack(frame: Frame): Promise<Uint8ClampedArray<ArrayBuffer> | null> {
  const pixels = new Uint8ClampedArray(frame.width * frame.height * 4);
  if (pixels.length === 0) return pixels;
  const stream = new DecompressionStream('deflate');
  const writer = stream.writable.getWriter();
  writer.write(frame.packed as Uint8Array<ArrayBuffer>).catch(() => undefined);
  writer.close().catch(() => undefined);
  const reader = stream.readable.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return filled === pixels.length ? pixels : null;
      if (filled + value.length > pixels.length) {
        await reader.cancel();
        return null;
      }
      pixels.set(value, filled);
      filled += value.length;
    }
  } catch {
    return null;
  }
}
