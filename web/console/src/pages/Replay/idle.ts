// Where nothing happens for a while: nothing shown, nothing typed, no moment on the timeline, and nothing that has to be watched.
import type { TimelineMoment, WatchMessage } from '../../api/types';
import type { Range } from './ranges';
import { before, behind } from './required';

export type Activity = Extract<WatchMessage, { kind: 'timeline' }>['activity'];

export const longEnough = 3000; // milliseconds: shorter ones are played
export const lead = 400; // milliseconds of it are played before something happens again

// A desktop is never quite still: a clock, a caret that blinks.
const still = { ssh: 0, rdp: 4096 }; // bytes a second

export function gapsOf(activity: Activity, moments: readonly Pick<TimelineMoment, 'at'>[], upto: number, protocol: 'ssh' | 'rdp', required: readonly number[] = []): Range[] {
  const { each, shown, typed } = activity;
  const most = (still[protocol] * each) / 1000;
  const told = new Set(moments.map(({ at }) => Math.floor(at / each)));
  // What is behind the last that was shown is its end.
  for (const one of required) for (let at = Math.max(0, Math.min(one, upto) - before); at < Math.min(one, upto) + behind + each; at += each) told.add(Math.floor(at / each));
  const last = [...told].reduce((most, one) => Math.max(most, one), -1);
  const count = Math.min(Math.max(shown.length, typed.length, last + 1), Math.ceil(upto / each));
  const gaps: Range[] = [];
  let from = 0;
  const close = (to: number): void => {
    if (to - from > longEnough) gaps.push([from, to]);
  };
  for (let i = 0; i < count; i++) {
    if ((shown[i] ?? 0) <= most && (typed[i] ?? 0) === 0 && !told.has(i)) continue;
    close(i * each);
    from = (i + 1) * each;
  }
  // What the list is too short for is not known to be idle, unless the index goes on beyond it.
  close(Math.max(from, upto));
  return gaps;
}

// Said of a jump: "skipped 4 min".
export function skippedWords(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `Skipped ${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `Skipped ${minutes} min`;
  return minutes % 60 === 0 ? `Skipped ${minutes / 60} h` : `Skipped ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
