import { describe, expect, it } from 'vitest';
import { ordered, quietSince, size } from '../src/pages/Live/order';
import type { LiveSession } from '../src/api/types';

const one = (id: string, more: Partial<LiveSession> = {}): LiveSession => ({
  id, person: 'vera', person_name: 'Vera', vendor: '', target: 'mri-3', account: 'service', protocol: 'ssh', since: '2026-01-01T10:00:00Z', expires: null, ends: null, idle_seconds: null, source: '',
  rule: '', request: null, emergency: false, reason: '', ticket: '', bytes: 0, refusals: 0, mine: false, may_watch: true, may_terminate: true, ...more,
});

describe('live sessions', () => {
  it('begin with emergencies, then those that were refused something, then the newest', () => {
    const list = [one('old'), one('new', { since: '2026-01-01T11:00:00Z' }), one('refused', { refusals: 1 }), one('emergency', { emergency: true, since: '2026-01-01T01:00:00Z' })];
    expect(ordered(list).map(({ id }) => id)).toEqual(['emergency', 'refused', 'new', 'old']);
  });
  it('keep their order when they began together, and the list that was given', () => {
    const list = [one('b'), one('a')];
    expect(ordered(list).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(list[0]?.id).toBe('b');
  });
  it('are quiet since a moment, or nobody knows', () => {
    expect(quietSince(one('a', { idle_seconds: 7 }), 100_000)).toBe(93_000);
    expect(quietSince(one('a'), 100_000)).toBeNull();
  });
  it.each([[0, '0 bytes'], [999, '999 bytes'], [1000, '1.0 kB'], [9_949, '9.9 kB'], [48_211, '48 kB'], [999_600, '1.0 MB'], [5e13, '50 TB']])('%d is %s', (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });
});
