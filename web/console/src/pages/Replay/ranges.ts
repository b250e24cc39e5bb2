// Parts of a recording, in milliseconds: in order, apart from each other. What was watched is such a list.
export type Range = [from: number, to: number];

// With one more part in it. Parts that touch become one; what is no part changes nothing.
export function joined(ranges: readonly Range[], from: number, to: number): Range[] {
  if (!(to > from) || from < 0 || !Number.isFinite(to)) return [...ranges];
  let [first, last] = [from, to];
  const before: Range[] = [];
  const after: Range[] = [];
  for (const [a, b] of ranges) {
    if (b < first) before.push([a, b]);
    else if (a > last) after.push([a, b]);
    else [first, last] = [Math.min(first, a), Math.max(last, b)];
  }
  return [...before, [first, last], ...after];
}

export const together = (ranges: readonly Range[], more: readonly Range[]): Range[] => more.reduce<Range[]>((all, [from, to]) => joined(all, from, to), [...ranges]);

// How much of the first `whole` milliseconds.
export const total = (ranges: readonly Range[], whole: number): number => ranges.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, whole) - from), 0);

// The part that `at` stands in, or null. Found by halves: there may be thousands.
export function partAt(ranges: readonly Range[], at: number): Range | null {
  let [low, high] = [0, ranges.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = ranges[middle]!;
    if (at < from) high = middle - 1;
    else if (at >= to) low = middle + 1;
    else return [from, to];
  }
  return null;
}

// As many as go in one report.
export const mostInReport = 200;
export function lots(ranges: readonly Range[]): Range[][] {
  const all: Range[][] = [];
  for (let from = 0; from < ranges.length; from += mostInReport) all.push(ranges.slice(from, from + mostInReport));
  return all;
}

// For the API: whole milliseconds, cut like all times. Parts that touch still do, so what is told in two reports stays one part.
export const whole = (ranges: readonly Range[]): Range[] => ranges.map(([from, to]): Range => [Math.floor(from), Math.floor(to)]).filter(([from, to]) => to > from);
