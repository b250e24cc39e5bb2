// Words and choices about recordings, for the list and for the replay: pure.
import type { RecordingRow, Recordings } from '../../api/types';
import type { Tone } from '../../lib/requests';
import { length } from '../../lib/times';
import { instantOf } from '../Audit/filter';

const states: Record<RecordingRow['state'], [string, Tone]> = {
  live: ['Live', 'good'],
  complete: ['Complete', 'plain'],
  recovered: ['Recovered', 'warn'],
  torn: ['Torn', 'bad'],
  gone: ['Gone', 'bad'],
};
export const stateOf = (row: RecordingRow): [string, Tone] => states[row.state] ?? [row.state, 'plain'];

export const outcomes: readonly [string, string][] = [['fine', 'Nothing to object to'], ['follow-up', 'Something is to be followed up'], ['incident', 'An incident']];
export const outcomeWord = (outcome: string): string => outcomes.find(([value]) => value === outcome)?.[1] ?? outcome;
export const outcomeKind = (outcome: string): Tone => (outcome === 'fine' ? 'good' : outcome === 'incident' ? 'bad' : 'warn');

export const lengthOf = (row: RecordingRow): string => (row.seconds === null ? (row.ended === null ? 'going on' : '') : length(row.seconds));
export const whoOf = (row: { person: string; person_name: string }): string => row.person_name || row.person;
export const placeOf = (row: { target: string; account: string }): string => (row.account ? `${row.target} as ${row.account}` : row.target);

export interface Filter {
  person: string;
  target: string;
  since: string; // "2026-01-02T03:04" in the site's zone, or ""
  until: string;
}
export const fields = ['person', 'target', 'since', 'until'] as const;

export function filterFrom(search: URLSearchParams): Filter {
  const of = (name: string): string => (search.get(name) ?? '').trim().slice(0, 200);
  return { person: of('person'), target: of('target'), since: of('since'), until: of('until') };
}
export function searchOf(filter: Filter): string {
  const text = new URLSearchParams(fields.filter((name) => filter[name] !== '').map((name) => [name, filter[name]])).toString();
  return text === '' ? '' : `?${text}`;
}
// For the API, and a sentence where it is no question.
export function queryOf(filter: Filter, zone: string, limit: number, before: string | null = null): { search: string; problem: string } {
  const asked: [string, string][] = [];
  for (const name of fields) {
    const value = name === 'since' || name === 'until' ? (filter[name] === '' ? '' : instantOf(filter[name], zone)) : filter[name];
    if (value === null) return { search: '', problem: `"${filter[name]}" is no time; 2026-01-02 03:04 is.` };
    if (value !== '') asked.push([name, value]);
  }
  const of = (name: string): string => asked.find(([one]) => one === name)?.[1] ?? '';
  if (of('since') !== '' && of('until') !== '' && of('since') > of('until')) return { search: '', problem: 'It ends before it begins: nothing can be in between.' };
  if (before !== null) asked.push(['before', before]);
  asked.push(['limit', String(limit)]);
  return { search: `?${asked.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`, problem: '' };
}

// Pages follow each other by a time, so that one recording may come twice.
export function withMore(rows: readonly RecordingRow[], page: Recordings): RecordingRow[] {
  const known = new Set(rows.map(({ id }) => id));
  return [...rows, ...page.recordings.filter(({ id }) => !known.has(id))];
}
