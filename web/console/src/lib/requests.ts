// Words and choices about requests: pure.
import type { Card, RequestRow, RequestState } from '../api/types';
import { length } from './times';

export type Tone = 'plain' | 'accent' | 'good' | 'warn' | 'bad';

const states: Record<RequestState, [string, Tone]> = {
  requested: ['Waiting', 'warn'],
  approved: ['Approved', 'good'],
  active: ['Active', 'good'],
  ended: ['Ended', 'plain'],
  denied: ['Denied', 'bad'],
  withdrawn: ['Withdrawn', 'plain'],
  expired: ['Expired', 'plain'],
  revoked: ['Revoked', 'bad'],
};
export const stateWord = (state: RequestState): string => states[state]?.[0] ?? state;
export const stateTone = (state: RequestState): Tone => states[state]?.[1] ?? 'plain';
export const isHeld = (state: RequestState): boolean => state === 'approved' || state === 'active';

export interface PlaceName {
  target: string;
  account: string;
}
export function placeName(place: string): PlaceName {
  const at = place.indexOf('+');
  return at < 0 ? { target: place, account: '' } : { target: place.slice(0, at), account: place.slice(at + 1) };
}

// Round lengths up to the longest one that is allowed, which is always among them.
const round = [15, 30, 60, 120, 240, 480, 1440].map((minutes) => minutes * 60);
export function durations(max: number | null, wanted: number | null = null): number[] {
  const limit = max ?? 4 * 3600;
  const some = round.filter((seconds) => seconds <= limit);
  if (wanted !== null && wanted > 0 && wanted <= limit) some.push(wanted);
  if (max !== null && max <= 24 * 3600) some.push(max);
  return [...new Set(some)].sort((a, b) => a - b);
}

// What is asked of somebody who decides: the request itself, or more time for one that runs.
export function asksForMore(card: Card): boolean {
  return isHeld(card.state) && card.extension !== null;
}

// "Approved by Dana for 30 min"
export function outcome(row: RequestRow): string {
  const by = row.decided_by ? ` by ${row.decided_by}` : '';
  if (isHeld(row.state) || row.state === 'ended') return `Approved${by}${row.granted_seconds ? ` for ${length(row.granted_seconds)}` : ''}`;
  return `${stateWord(row.state)}${by}`;
}

// The whole ticket has to fit. A pattern that a browser cannot read is left to the server.
export function ticketFits(ticket: string, pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(ticket);
  } catch {
    return true;
  }
}
// "CHG-[0-9]+" -> "CHG-12345": an example where the pattern is plain enough to make one, else ''.
export function ticketExample(pattern: string): string {
  const digits = '12345678';
  const made = pattern
    .replace(/(\[0-9\]|\\d)\{(\d+)(,\d*)?\}/g, (_all, _class, count: string) => digits.slice(0, Math.min(8, Number(count))))
    .replace(/(\[0-9\]|\\d)[+*]/g, '12345')
    .replace(/\[0-9\]|\\d/g, '1')
    .replace(/\\([-.#/])/g, '$1');
  return /^[A-Za-z0-9#./_-]+$/.test(made) && ticketFits(made, pattern) ? made : '';
}
