// What counts as watched is what the server counts (tests/unit/console/moments_test.cpp, AMoment): the same cases, so that neither drifts away.
import { describe, expect, it } from 'vitest';
import { gapsOf } from '../src/pages/Replay/idle';
import { lots, mostInReport, type Range } from '../src/pages/Replay/ranges';
import { beginOf, wasWatched } from '../src/pages/Replay/required';

describe('a moment that has to be watched', () => {
  it.each([
    ['from two seconds before to three behind', [[8000, 13_000]], 10_000, 60_000, true],
    ["but for a player's steps", [[8500, 12_500]], 10_000, 60_000, true],
    ['not from later on', [[8501, 13_000]], 10_000, 60_000, false],
    ['not to earlier', [[8000, 12_499]], 10_000, 60_000, false],
    ['not through a gap', [[8000, 10_000], [10_300, 13_000]], 10_000, 60_000, false],
    ['not as a point alone', [[9999, 10_001]], 10_000, 60_000, false],
    ['not by nothing', [], 10_000, 60_000, false],
    ['at the beginning, from there', [[0, 3000]], 0, 60_000, true],
    ['at the end, up to there', [[57_000, 60_000]], 59_500, 60_000, true],
    ['behind the last picture, at the end', [[57_000, 60_000]], 64_000, 60_000, true],
    ['not before that', [[0, 50_000]], 64_000, 60_000, false],
    ['not by nothing, however short it is', [], 0, 100, false],
    ['always, where nothing was recorded', [], 0, 0, true],
    ['in what still grows, to three seconds behind', [[8000, 12_400]], 10_000, Infinity, false],
  ] as [string, Range[], number, number, boolean][])('is watched %s', (_, ranges, at, recorded, watched) => {
    expect(wasWatched(ranges, at, recorded)).toBe(watched);
  });
  it('is watched by whoever begins where it leads, and is not idle there', () => {
    expect(beginOf(10_000)).toBe(8000);
    expect(beginOf(500)).toBe(0);
    const still = { each: 1000, shown: [5, ...new Array<number>(59).fill(0), 9], typed: [] };
    const gaps = gapsOf(still, [{ at: 30_500 }], 61_000, 'ssh', [30_500]);
    expect(gaps.filter(([from, to]) => to > 28_500 && from < 33_500)).toEqual([]);
    expect(gaps.length).toBe(2);
  });
  it('is not idle where nothing at all was shown, nor behind the end', () => {
    const nothing = { each: 1000, shown: [], typed: [] };
    expect(gapsOf(nothing, [], 60_000, 'ssh', [30_000]).filter(([from, to]) => to > 28_000 && from < 33_000)).toEqual([]);
    expect(gapsOf(nothing, [], 60_000, 'ssh', [90_000])).toEqual([[0, 58_000]]);
  });
});

describe('a report', () => {
  it('has no more parts than the server takes, and none is lost', () => {
    const many = Array.from({ length: 2 * mostInReport + 1 }, (_, i): Range => [i * 10, i * 10 + 5]);
    expect(lots(many).map((lot) => lot.length)).toEqual([200, 200, 1]);
    expect(lots(many).flat()).toEqual(many);
    expect(lots([])).toEqual([]);
  });
});
