// The timeline's lanes, drawn as one path each: ten thousand moments are no more elements than one.
import type { TimelineMoment } from '../../api/types';
import type { Activity } from './idle';
import type { Range } from './ranges';

export type LaneName = 'Commands' | 'Files' | 'Clipboard' | 'Forwards' | 'Alerts' | 'Warnings' | 'Notes' | 'Other';
export const laneNames: readonly LaneName[] = ['Commands', 'Files', 'Clipboard', 'Forwards', 'Alerts', 'Warnings', 'Notes', 'Other'];
const lanes: Record<TimelineMoment['lane'], LaneName> = {
  command: 'Commands', file: 'Files', clipboard: 'Clipboard', forward: 'Forwards', alert: 'Alerts', refusal: 'Alerts', warning: 'Warnings', gap: 'Warnings', note: 'Notes',
  approval: 'Other', title: 'Other', channel: 'Other', shown: 'Other',
};
export const laneOf = (moment: Pick<TimelineMoment, 'lane'>): LaneName => lanes[moment.lane];

export const width = 1000; // of the drawing, whatever its width on the page

const x = (at: number, duration: number): number => (duration > 0 ? Math.round((Math.min(at, duration) / duration) * width * 10) / 10 : 0);

export interface LaneDrawing {
  name: LaneName;
  count: number;
  sure: string; // paths: a stroke for each moment, those that fall together drawn once
  guessed: string;
}

export function drawn(moments: readonly TimelineMoment[], duration: number): LaneDrawing[] {
  const by = new Map<LaneName, { count: number; sure: Set<number>; guessed: Set<number> }>();
  for (const moment of moments) {
    const name = laneOf(moment);
    const lane = by.get(name) ?? { count: 0, sure: new Set(), guessed: new Set() };
    by.set(name, lane);
    lane.count += 1;
    // Finer than this nobody can see, and the drawing stays small.
    (moment.guess ? lane.guessed : lane.sure).add(Math.round(x(moment.at, duration)));
  }
  const strokes = (at: Set<number>): string => [...at].map((one) => `M${one} 0v10`).join('');
  return laneNames.flatMap((name) => {
    const lane = by.get(name);
    return lane ? [{ name, count: lane.count, sure: strokes(lane.sure), guessed: strokes(lane.guessed) }] : [];
  });
}

// What happened, as a hill: `columns` of them, on a scale on which a line of text can be seen beside a megabyte.
export function shape(activity: Activity, duration: number, columns = 250): string {
  const sums = new Array<number>(columns).fill(0);
  const count = Math.max(activity.shown.length, activity.typed.length);
  for (let i = 0; i < count; i++) {
    const column = duration > 0 ? Math.floor(((i * activity.each) / duration) * columns) : 0;
    if (column < columns) sums[column] = (sums[column] ?? 0) + (activity.shown[i] ?? 0) + (activity.typed[i] ?? 0);
  }
  const most = Math.log1p(Math.max(1, ...sums));
  const step = width / columns;
  return `M0 20${sums.map((sum, i) => `V${(20 - (Math.log1p(sum) / most) * 18).toFixed(1)}H${((i + 1) * step).toFixed(1)}`).join('')}V20z`;
}

export const blocks = (ranges: readonly Range[], duration: number): string =>
  ranges.map(([from, to]) => `M${x(from, duration)} 0h${Math.max(0.6, Math.round((x(to, duration) - x(from, duration)) * 10) / 10)}v10H${x(from, duration)}z`).join('');

// The moment nearest to a place on a lane, if one is within `reach` milliseconds.
export function nearest<T extends { at: number }>(moments: readonly T[], at: number, reach: number): T | null {
  let best: T | null = null;
  for (const moment of moments) if (Math.abs(moment.at - at) <= reach && (!best || Math.abs(moment.at - at) < Math.abs(best.at - at))) best = moment;
  return best;
}

// The next moment after, or the last one before, a place, of those in time's order; the one that one stands on is neither, nor, going
// back, one that has just begun to play.
export function marker<T extends { at: number }>(moments: readonly T[], at: number, step: 1 | -1): T | null {
  const found = step > 0 ? moments.find((one) => one.at > at + 50) : moments.findLast((one) => one.at < at - (at > 2000 ? 1000 : 50));
  return found ?? null;
}
