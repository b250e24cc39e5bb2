// What the audit page shows, as the address says it and as the API is asked. Times are typed in the site's zone, as they are shown
// everywhere, whatever the browser's own zone is; between programs they are RFC 3339 in UTC.
import type { AuditRecord, Time } from '../../api/types';

export interface Filter {
  kind: string;
  person: string;
  target: string;
  session: string;
  since: string; // "2026-01-02T03:04" in the site's zone, or ""
  until: string;
}
export type Field = keyof Filter;
export const fields: readonly Field[] = ['kind', 'person', 'target', 'session', 'since', 'until'];
export const noFilter: Filter = { kind: '', person: '', target: '', session: '', since: '', until: '' };

const longest = 200;

export function filterFrom(search: URLSearchParams): Filter {
  const filter = { ...noFilter };
  for (const field of fields) filter[field] = (search.get(field) ?? '').trim().slice(0, longest);
  return filter;
}

// For the address: only what is set, in a fixed order, so that the same filter is the same link.
export function searchOf(filter: Filter): string {
  const search = new URLSearchParams();
  for (const field of fields) if (filter[field] !== '') search.set(field, filter[field]);
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

export const isEmpty = (filter: Filter): boolean => fields.every((field) => filter[field] === '');

export interface Query {
  search: string; // for the API
  problem: string; // a sentence when something is no time
}

export function queryOf(filter: Filter, zone: string, limit: number, before: number | null = null): Query {
  const asked: Record<string, string> = {};
  let problem = '';
  for (const field of fields) {
    if (filter[field] === '') continue;
    if (field !== 'since' && field !== 'until') {
      asked[field] = filter[field];
      continue;
    }
    const instant = instantOf(filter[field], zone);
    if (instant === null) problem = `"${filter[field]}" is no time; 2026-01-02 03:04 is.`;
    else asked[field] = instant;
  }
  if (problem === '' && asked['since'] !== undefined && asked['until'] !== undefined && asked['since'] > asked['until']) {
    problem = 'It ends before it begins: nothing can be in between.';
  }
  if (before !== null) asked['before'] = String(before);
  asked['limit'] = String(limit);
  // A blank is %20 there: the broker takes a plus for a plus.
  const search = Object.entries(asked).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return { search: `?${search}`, problem };
}

// How far the zone's clock is ahead of UTC at that moment, in milliseconds.
function offsetAt(moment: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(moment);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return wall - Math.floor(moment / 1000) * 1000;
}

// The moment a wall clock in `zone` says `local`. In the hour that daylight saving skips it is the moment the clock would have
// shown that without the change; in the one that it repeats, the first of both.
export function instantOf(local: string, zone: string): Time | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(local);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map((digits) => Number(digits ?? 0)) as [number, number, number, number, number, number];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(wall);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return null;
  const before = offsetAt(wall - 86_400_000, zone);
  const after = offsetAt(wall + 86_400_000, zone);
  for (const offset of [before, after]) if (offsetAt(wall - offset, zone) === offset) return rfc3339(wall - offset);
  return rfc3339(wall - before);
}

// The other way round: what a wall clock there says, for <input type="datetime-local">.
export function localOf(moment: number, zone: string): string {
  return new Date(moment + offsetAt(moment, zone)).toISOString().slice(0, 16);
}

const rfc3339 = (moment: number): Time => new Date(moment).toISOString().replace(/\.\d+Z$/, 'Z');

// Where the chain of a record goes on: the request it speaks of, if it does.
export function requestOf(record: AuditRecord): number | null {
  const text = record.fields['request'] ?? '';
  const number = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
  return number !== null && Number.isSafeInteger(number) ? number : null;
}

// The line under a record's kind: what it says, shortly. The whole of it stands in the details.
export function gist(record: AuditRecord): string {
  const told = ['sentence', 'reason', 'why', 'capability', 'account', 'outcome', 'what'];
  const first = told.filter((name) => record.fields[name]).slice(0, 2);
  const names = first.length > 0 ? first : Object.keys(record.fields).slice(0, 2);
  const text = names.map((name) => `${name} ${record.fields[name] ?? ''}`).join(' · ');
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

export const jsonl = (records: readonly AuditRecord[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
