// Moments that have to be watched before a break-glass is reviewed: by the rule of the server (broker/console/moments.cpp, was_watched), or
// the page would call watched what the review refuses.
import type { Range } from './ranges';

export const before = 2000; // milliseconds of it that are to be seen, and behind it
export const behind = 3000;
const forgiven = 500; // a player's steps

// Where to begin, to see it as it has to be seen.
export const beginOf = (at: number): number => Math.max(0, at - before);

// `recorded`: how long the recording is; a moment behind it is its end.
export function wasWatched(ranges: readonly Range[], moment: number, recorded: number): boolean {
  if (recorded <= 0) return true; // there is nothing to be seen
  const at = Math.min(moment, recorded);
  const from = beginOf(at);
  const to = Math.max(Math.min(at + behind, recorded), from);
  const middle = from + Math.floor((to - from) / 2);
  const [first, last] = [Math.min(from + forgiven, middle), Math.max(to - forgiven, middle)];
  return ranges.some(([a, b]) => a <= first && last <= b);
}
