import { describe, expect, it } from 'vitest';
import type { Emergency, RecordingRow, TimelineMoment } from '../src/api/types';
import { byDeadline, hindrance } from '../src/pages/Breakglass/words';
import { filterFrom, queryOf, searchOf, withMore } from '../src/pages/Recordings/rows';
import { gapsOf, skippedWords } from '../src/pages/Replay/idle';
import { blocks, drawn, marker, nearest, shape } from '../src/pages/Replay/lanes';
import { joined, partAt, together, total, whole, type Range } from '../src/pages/Replay/ranges';
import { hashOf, momentOf, share, spokenAt } from '../src/pages/Replay/words';

const moment = (at: number, lane: TimelineMoment['lane'] = 'command', guess = false): TimelineMoment => ({ at, lane, channel: 0, text: `at ${at}`, guess });

describe('what was watched', () => {
  it('is joined where parts touch or overlap, and stays in order', () => {
    expect(joined([[0, 10], [20, 30]], 10, 20)).toEqual([[0, 30]]);
    expect(joined([[0, 10], [20, 30]], 12, 15)).toEqual([[0, 10], [12, 15], [20, 30]]);
    expect(joined([], 5, 6)).toEqual([[5, 6]]);
  });
  it('takes no part that is none', () => {
    for (const [from, to] of [[5, 5], [6, 5], [-1, 4], [0, NaN], [0, Infinity], [NaN, 1]] as Range[]) expect(joined([[1, 2]], from, to), `${from} ${to}`).toEqual([[1, 2]]);
  });
  it('is the same in whatever order the parts came, and holds just the moments that were in one', () => {
    let seed = 7;
    const next = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
    for (let round = 0; round < 200; round++) {
      const parts: Range[] = Array.from({ length: 12 }, () => {
        const from = next(100);
        return [from, from + 1 + next(15)];
      });
      const all = together([], parts);
      expect(together([], [...parts].reverse())).toEqual(all);
      const wrong = Array.from({ length: 120 }, (_, at) => at).filter((at) => (partAt(all, at) !== null) !== parts.some(([from, to]) => at >= from && at < to));
      expect(wrong, JSON.stringify(parts)).toEqual([]);
    }
  });
  it('is counted up to the end of the recording only, and told in whole milliseconds', () => {
    expect(total([[0, 10], [90, 120]], 100)).toBe(20);
    expect(whole([[0.4, 10.9], [20.2, 20.8]])).toEqual([[0, 10]]);
    expect(together(whole([[0, 9999.7]]), whole([[9999.7, 20_000]]))).toEqual([[0, 20_000]]);
  });
});

describe('what is idle', () => {
  const still = { each: 1000, shown: [5, 0, 0, 0, 0, 0, 9, 0, 0, 9], typed: [] };
  it('is where nothing was shown or typed for longer than three seconds', () => {
    expect(gapsOf(still, [], 10_000, 'ssh')).toEqual([[1000, 6000]]);
  });
  it('ends where something was typed, or a moment is marked, though nothing was shown', () => {
    expect(gapsOf({ ...still, typed: [0, 0, 0, 0, 0, 1] }, [], 10_000, 'ssh')).toEqual([[1000, 5000]]);
    expect(gapsOf(still, [{ at: 3500 }], 10_000, 'ssh')).toEqual([]);
  });
  it('reaches as far as the index, and no farther', () => {
    expect(gapsOf({ each: 1000, shown: [1], typed: [] }, [], 60_000, 'ssh')).toEqual([[1000, 60_000]]);
    expect(gapsOf({ each: 1000, shown: [1, 0, 0, 0, 0, 0, 0, 0], typed: [] }, [], 3000, 'ssh')).toEqual([]);
    expect(gapsOf({ each: 1000, shown: [], typed: [] }, [], 0, 'ssh')).toEqual([]);
  });
  it('lets a desktop blink, but not a terminal', () => {
    const blinking = { each: 1000, shown: [90_000, 300, 300, 300, 300, 300, 90_000], typed: [] };
    expect(gapsOf(blinking, [], 7000, 'rdp')).toEqual([[1000, 6000]]);
    expect(gapsOf(blinking, [], 7000, 'ssh')).toEqual([]);
  });
  it.each([[4000, 'Skipped 4 s'], [240_000, 'Skipped 4 min'], [3_600_000, 'Skipped 1 h'], [5_400_000, 'Skipped 1 h 30 min']])('of %d ms is said as %s', (ms, said) => {
    expect(skippedWords(ms)).toBe(said);
  });
});

describe('the timeline', () => {
  it('has a lane for each kind that there is, guesses apart, in a fixed order', () => {
    const lanes = drawn([moment(100, 'refusal'), moment(0), moment(500, 'command', true), moment(900, 'alert')], 1000);
    expect(lanes.map(({ name, count }) => [name, count])).toEqual([['Commands', 2], ['Alerts', 2]]);
    expect(lanes[0]).toMatchObject({ sure: 'M0 0v10', guessed: 'M500 0v10' });
  });
  it('stays small however much there is, and inside its box whatever the times say', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => moment(i * 7));
    expect(drawn(many, 100_000)[0]?.sure.length).toBeLessThan(15_000);
    expect(drawn([moment(5000)], 1000)[0]?.sure).toBe('M1000 0v10');
    expect(drawn([moment(5000)], 0)[0]?.sure).toBe('M0 0v10');
  });
  it('draws a shape that begins and ends at the ground, also of nothing', () => {
    for (const activity of [{ each: 1000, shown: [1, 50, 0], typed: [2] }, { each: 1000, shown: [], typed: [] }]) expect(shape(activity, 3000)).toMatch(/^M0 20(V[\d.]+H[\d.]+)+V20z$/);
    expect(shape({ each: 1000, shown: [1e9], typed: [] }, 0)).not.toMatch(/NaN|Infinity/);
  });
  it('shades what was watched', () => {
    expect(blocks([[0, 500]], 1000)).toBe('M0 0h500v10H0z');
  });
  it('finds the moment near the pointer, or none', () => {
    expect(nearest([moment(100), moment(180)], 150, 60)?.at).toBe(180);
    expect(nearest([moment(100)], 500, 60)).toBeNull();
  });
  it('steps from marker to marker, and past the one that has just begun to play', () => {
    const moments = [moment(1000), moment(5000), moment(9000)];
    expect(marker(moments, 0, 1)?.at).toBe(1000);
    expect(marker(moments, 1000, 1)?.at).toBe(5000);
    expect(marker(moments, 9000, 1)).toBeNull();
    expect(marker(moments, 5600, -1)?.at).toBe(1000);
    expect(marker(moments, 500, -1)).toBeNull();
  });
});

describe('a moment in the address', () => {
  it.each([['#t=723.4', 723_400], ['#t=0', 0], ['#t=12', 12_000]])('%s is %d ms', (hash, ms) => {
    expect(momentOf(hash)).toBe(ms);
    expect(momentOf(hashOf(ms))).toBe(ms);
  });
  it.each(['', '#t=', '#t=-1', '#t=1e3', '#t=12x', '#t=999999999999', '#t=NaN', '#x'])('%s is none', (hash) => {
    expect(momentOf(hash)).toBeNull();
  });
  it('never names a moment after the one that is meant', () => {
    expect(momentOf(hashOf(999))).toBe(900);
  });
  it('is spoken in full', () => {
    expect(spokenAt(723_000)).toBe('12 min 3 s');
    expect(spokenAt(3_723_999)).toBe('1 h 2 min 3 s');
    expect(spokenAt(0)).toBe('0 s');
    expect(share(1, 3)).toBe('33 %');
    expect(share(1, 0)).toBe('0 %');
  });
});

describe('the list of recordings', () => {
  it('keeps its filter in the address', () => {
    const filter = filterFrom(new URLSearchParams('?person=vera&since=2026-11-01T08:00&junk=1'));
    expect(searchOf(filter)).toBe('?person=vera&since=2026-11-01T08%3A00');
  });
  it('asks in UTC, for what is older than what it has', () => {
    expect(queryOf({ person: 'vera', target: '', since: '2026-11-01T08:00', until: '' }, 'UTC', 50, '2026-11-20T00:00:00Z').search).toBe('?person=vera&since=2026-11-01T08%3A00%3A00Z&before=2026-11-20T00%3A00%3A00Z&limit=50');
  });
  it('does not ask what is no question', () => {
    expect(queryOf({ person: '', target: '', since: 'yesterday', until: '' }, 'UTC', 50).problem).toContain('no time');
    expect(queryOf({ person: '', target: '', since: '2026-11-02T08:00', until: '2026-11-01T08:00' }, 'UTC', 50).problem).toContain('before it begins');
  });
  it('shows nothing twice', () => {
    const row = (id: string) => ({ id }) as RecordingRow;
    expect(withMore([row('a'), row('b')], { recordings: [row('b'), row('c')], before: null, asked: [] }).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });
});

describe('a break-glass review', () => {
  const one = (over: Partial<Emergency>) => ({ due: null, began: '2026-11-01T00:00:00Z', may_review: true, why_not: '', sessions: [], ...over }) as unknown as Emergency;
  it('stands in the order of the deadlines', () => {
    const due = [one({ request: 1 }), one({ request: 2, due: '2026-11-03T00:00:00Z' }), one({ request: 3, due: '2026-11-02T00:00:00Z' })];
    expect(byDeadline(due).map(({ request }) => request)).toEqual([3, 2, 1]);
  });
  it('waits until all that must be seen was seen', () => {
    const sessions = [{ unwatched: 2 }, { unwatched: 1 }] as Emergency['sessions'];
    expect(hindrance(one({ sessions }))).toContain('3 moments');
    expect(hindrance(one({ sessions: [{ unwatched: 0 }] as Emergency['sessions'] }))).toBe('');
  });
  it('is not for who broke the glass, whatever they have watched', () => {
    expect(hindrance(one({ may_review: false, why_not: 'You broke the glass yourself.' }))).toBe('You broke the glass yourself.');
  });
});
