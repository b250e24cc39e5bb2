import { describe, expect, it } from 'vitest';
import { filterFrom, gist, instantOf, isEmpty, jsonl, localOf, noFilter, queryOf, requestOf, searchOf } from '../src/pages/Audit/filter';
import type { AuditRecord } from '../src/api/types';

const record = (fields: Record<string, string>): AuditRecord => ({ seq: 1, at: '2026-01-02T03:04:05Z', kind: 'alarm', person: '', target: '', session: '', fields, hash: 'ab' });

describe('the audit filter', () => {
  it('comes back from its own address', () => {
    const filter = { ...noFilter, kind: 'session.start', person: 'vera', since: '2026-01-02T03:04' };
    expect(filterFrom(new URLSearchParams(searchOf(filter)))).toEqual(filter);
  });
  it('is the same link whatever order the address had', () => {
    expect(searchOf(filterFrom(new URLSearchParams('person=vera&kind=alarm')))).toBe(searchOf(filterFrom(new URLSearchParams('kind=alarm&person=vera'))));
  });
  it('takes nothing from the address that it does not know, and no endless text', () => {
    const filter = filterFrom(new URLSearchParams(`limit=1000000&before=3&person=${'x'.repeat(5000)}`));
    expect(filter.person.length).toBe(200);
    expect(searchOf({ ...filter, person: '' })).toBe('');
  });
  it('is empty when nothing is set', () => {
    expect(isEmpty(noFilter)).toBe(true);
    expect(isEmpty({ ...noFilter, target: 'mri-3' })).toBe(false);
  });
  it('keeps a hostile value a value', () => {
    const { search } = queryOf({ ...noFilter, person: 'a&kind=alarm#?x' }, 'UTC', 100);
    const sent = new URLSearchParams(search);
    expect(sent.get('person')).toBe('a&kind=alarm#?x');
    expect(sent.get('kind')).toBeNull();
  });
  it('sends a blank as the broker reads it, and a plus as a plus', () => {
    expect(queryOf({ ...noFilter, target: 'mri 3+root' }, 'UTC', 1).search).toBe('?target=mri%203%2Broot&limit=1');
  });
});

describe('the question to the API', () => {
  it('gives times in UTC, read in the site\'s zone', () => {
    const { search, problem } = queryOf({ ...noFilter, since: '2026-01-02T03:04', until: '2026-07-02T03:04' }, 'America/Chicago', 100);
    const sent = new URLSearchParams(search);
    expect(problem).toBe('');
    expect(sent.get('since')).toBe('2026-01-02T09:04:00Z');
    expect(sent.get('until')).toBe('2026-07-02T08:04:00Z');
  });
  it('goes on where the page before it ended', () => {
    expect(new URLSearchParams(queryOf(noFilter, 'UTC', 50, 812).search).get('before')).toBe('812');
    expect(new URLSearchParams(queryOf(noFilter, 'UTC', 50).search).has('before')).toBe(false);
  });
  it('says what is no time', () => {
    expect(queryOf({ ...noFilter, since: 'yesterday' }, 'UTC', 100).problem).toContain('yesterday');
  });
  it('says when the end is before the beginning', () => {
    expect(queryOf({ ...noFilter, since: '2026-01-03T00:00', until: '2026-01-02T00:00' }, 'UTC', 100).problem).toContain('before it begins');
  });
});

describe('a wall clock', () => {
  it('knows the offset on both sides of daylight saving', () => {
    expect(instantOf('2026-03-08T01:59', 'America/Chicago')).toBe('2026-03-08T07:59:00Z');
    expect(instantOf('2026-03-08T03:00', 'America/Chicago')).toBe('2026-03-08T08:00:00Z');
  });
  it('has an answer for the hour that is skipped', () => {
    expect(instantOf('2026-03-08T02:30', 'America/Chicago')).toBe('2026-03-08T08:30:00Z');
  });
  it('takes the first of an hour that comes twice', () => {
    expect(instantOf('2026-11-01T01:30', 'America/Chicago')).toBe('2026-11-01T06:30:00Z');
  });
  it('takes a date alone as its midnight', () => {
    expect(instantOf('2026-06-01', 'Europe/Berlin')).toBe('2026-05-31T22:00:00Z');
  });
  it.each(['', '2026-02-30T00:00', '2026-13-01T00:00', '2026-01-01T24:01', '2026-01-01T10:60', 'x2026-01-01T10:00', '2026-01-01T10:00Z'])('refuses %j', (text) => {
    expect(instantOf(text, 'UTC')).toBeNull();
  });
  it('shows in a field what was typed into it', () => {
    for (const zone of ['UTC', 'America/Chicago', 'Asia/Kolkata', 'Pacific/Auckland']) {
      expect(localOf(Date.parse(instantOf('2026-04-05T06:07', zone) ?? ''), zone)).toBe('2026-04-05T06:07');
    }
  });
});

describe('a record', () => {
  it('leads to its request, and only to a number', () => {
    expect(requestOf(record({ request: '41' }))).toBe(41);
    for (const text of ['', '0', '-1', '41/../me', '1e3', '99999999999999999999']) expect(requestOf(record({ request: text }))).toBeNull();
  });
  it('is told shortly by what matters most', () => {
    expect(gist(record({ zebra: 'z', why: 'wrong code', account: 'root' }))).toBe('why wrong code · account root');
    expect(gist(record({ zebra: 'z' }))).toBe('zebra z');
    expect(gist(record({}))).toBe('');
    expect(gist(record({ why: 'x'.repeat(500) })).length).toBe(120);
  });
  it('is exported one a line, whatever is in it', () => {
    const lines = jsonl([record({ why: 'two\nlines "quoted"' }), record({})]).split('\n');
    expect(lines.length).toBe(3);
    expect(JSON.parse(lines[0] ?? '').fields.why).toBe('two\nlines "quoted"');
  });
});
