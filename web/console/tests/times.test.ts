import { describe, expect, it } from 'vitest';
import { exact, fromLocal, full, length, relative, spoken, stopwatch, toLocal } from '../src/lib/times';

const now = Date.parse('2026-11-22T14:00:00Z');
const chicago = 'America/Chicago';

describe('exact times', () => {
  it('show only the clock and the offset for today', () => {
    expect(exact('2026-11-22T14:05:00Z', chicago, now)).toBe('08:05 -06:00');
  });
  it('show the date for another day, and the year for another year', () => {
    expect(exact('2026-11-21T14:05:00Z', chicago, now)).toBe('Sat 21 Nov, 08:05 -06:00');
    expect(exact('2025-07-01T14:05:00Z', chicago, now)).toBe('Tue 1 Jul 2025, 09:05 -05:00');
  });
  it('take the day from the site, not from UTC', () => {
    expect(exact('2026-11-23T04:00:00Z', chicago, now)).toBe('22:00 -06:00');
    expect(exact('2026-11-23T07:00:00Z', chicago, now)).toBe('Mon 23 Nov, 01:00 -06:00');
  });
  it('show midnight as 00:00', () => {
    expect(exact('2026-11-22T06:00:00Z', chicago, now)).toBe('00:00 -06:00');
  });
  it('tell the two 01:30 apart when the clocks go back', () => {
    expect(full('2026-11-01T06:30:00Z', chicago)).toBe('Sun 1 Nov 2026, 01:30 -05:00');
    expect(full('2026-11-01T07:30:00Z', chicago)).toBe('Sun 1 Nov 2026, 01:30 -06:00');
  });
  it('name UTC with an offset too, and fall back to it where the zone is unknown', () => {
    expect(exact('2026-11-22T14:05:00Z', 'UTC', now)).toBe('14:05 +00:00');
    expect(exact('2026-11-22T14:05:00Z', 'Mars/Olympus', now)).toBe('14:05 +00:00');
  });
  it('leave what is no time as it is', () => {
    expect(exact('soon', chicago, now)).toBe('soon');
    expect(full('', chicago)).toBe('');
    expect(relative('soon', now)).toBe('');
  });
});

describe('relative times', () => {
  const cases: [number, string][] = [
    [-3, 'just now'],
    [4, 'in a moment'],
    [-45, '45 s ago'],
    [-300, '5 min ago'],
    [330, 'in 5 min'],
    [-3660, '1 h 1 min ago'],
    [-7 * 3600 - 1800, '7 h ago'],
    [-47 * 3600, '47 h ago'],
    [-49 * 3600, '2 days ago'],
  ];
  it.each(cases)('%i seconds from now is "%s"', (seconds, words) => {
    expect(relative(new Date(now + seconds * 1000).toISOString(), now)).toBe(words);
  });
});

describe('lengths and countdowns', () => {
  it('are said in words', () => {
    expect([45, 90, 1800, 5400, 86400, 90000, 0, -5].map(length)).toEqual(['45 s', '1 min 30 s', '30 min', '1 h 30 min', '1 day', '1 day 1 h', '0 s', '0 s']);
  });
  it('count down to zero and no further', () => {
    expect([3729, 245, 59.2, 0, -9].map(stopwatch)).toEqual(['1:02:09', '4:05', '1:00', '0:00', '0:00']);
  });
  it('are spoken by the minute', () => {
    expect([245, 181, 180, 59, 0].map(spoken)).toEqual(['4 min left', '3 min left', '3 min left', 'less than a minute left', 'over']);
  });
});

describe('times typed by the clocks of the site', () => {
  it('are read in its zone, in winter and in summer', () => {
    expect(fromLocal('2026-11-22T08:00', chicago)).toBe('2026-11-22T14:00:00Z');
    expect(fromLocal('2026-07-01T08:00', chicago)).toBe('2026-07-01T13:00:00Z');
    expect(fromLocal('2026-07-01T08:00', 'Asia/Kolkata')).toBe('2026-07-01T02:30:00Z');
  });
  it('come back as they were typed', () => {
    for (const local of ['2026-03-08T01:59', '2026-03-08T03:00', '2026-11-01T00:30', '2026-11-01T02:30']) {
      expect(toLocal(Date.parse(fromLocal(local, chicago) ?? ''), chicago)).toBe(local);
    }
  });
  it('are refused when they are none', () => {
    expect(fromLocal('', chicago)).toBeNull();
    expect(fromLocal('tomorrow', chicago)).toBeNull();
  });
});
