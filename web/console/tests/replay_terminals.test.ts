// Several terminals in one recording: which there are, which is shown, and that nobody misses that another one is open.
import { describe, expect, it } from 'vitest';
import type { WatchCommand, WatchMessage } from '../src/api/types';
import { readMessage } from '../src/pages/Watch/message';
import { Replayer } from '../src/pages/Replay/replayer.svelte';
import { hashOf, momentOf, terminalOf } from '../src/pages/Replay/words';

function player(start: number | null = null, terminal: number | null = null) {
  const sent: WatchCommand[] = [];
  const seen: string[] = [];
  const replayer = new Replayer((command) => sent.push(command), start, terminal);
  replayer.stage = { size: () => undefined, show: (text) => void seen.push(text), frame: () => undefined, pointer: () => undefined, clear: () => void seen.push('clear'), busy: () => false };
  let now = 1000;
  replayer.tick(now, true);
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 50) replayer.tick((now += Math.min(50, left)), true);
  };
  const take = (...messages: WatchMessage[]): void => messages.forEach((message) => replayer.take(message));
  return { replayer, sent, seen, pass, take };
}
const begin: WatchMessage = { kind: 'begin', id: 's', protocol: 'ssh', live: false, duration: 600_000 };
const show = (at: number, channel: number, text = `${channel}:${at} `): WatchMessage => ({ kind: 'show', at, channel, text });
const known = (...channels: number[]): WatchMessage => ({ kind: 'terminals', at: 0, channels, opened: null });
const opens = (at: number, opened: number, ...channels: number[]): WatchMessage => ({ kind: 'terminals', at, channels, opened });
const upto = (at: number): WatchMessage => ({ kind: 'upto', at });
const sought = (seek: number, at: number, channel: number | null, channels = [1, 2]): WatchMessage => ({ kind: 'sought', seek, at, channels, channel });

describe('of several terminals', () => {
  it('all are known from the beginning, without a seek, and which is shown', () => {
    const { replayer, pass, take } = player();
    take(begin, known(1, 2), show(10, 1), upto(20_000));
    pass(50);
    expect(replayer).toMatchObject({ channels: [1, 2], channel: 1, linked: 1 });
  });
  it('one that opens is said over the picture, when it opens and not before', () => {
    const { replayer, pass, take } = player();
    take(begin, show(10, 1), opens(900, 2, 1, 2), upto(20_000));
    expect(replayer.channels).toEqual([1, 2]);
    pass(800);
    expect(replayer.said).toBe('');
    pass(200);
    expect(replayer).toMatchObject({ said: 'A second terminal is open', channel: 1 });
  });
  it('one that had opened before the place that is sought is not said to open', () => {
    const { replayer, pass, take } = player(60_000);
    take(begin, sought(1, 60_000, 1), show(59_000, 1, 'state'), opens(59_500, 2, 1, 2), upto(80_000));
    pass(100);
    expect(replayer).toMatchObject({ said: '', channel: 1 });
  });
  it('a hit in another one chooses that one first, though its moment is buffered', () => {
    const { replayer, sent, seen, pass, take } = player();
    take(begin, known(1, 2), show(10, 1), upto(20_000));
    pass(50);
    replayer.seek(4001, 2);
    expect(sent.slice(-3)).toEqual([{ channel: 2 }, { seek: 1, to: 4001 }, { want: 24_001 }]);
    take(show(4000, 1, 'of the first, too late'), sought(1, 4001, 2), show(4000, 2, 'second-42'), upto(24_000));
    pass(50);
    expect(seen.at(-1)).toBe('second-42');
    expect(replayer.channel).toBe(2);
    replayer.seek(5000, 2);
    replayer.seek(5500, 77);
    replayer.seek(6000);
    expect(sent.filter((one) => 'channel' in one).length).toBe(1);
  });
  it('the server says which one is shown after a seek: a first guess is none', () => {
    const { replayer, take } = player(60_000);
    take(begin, known(1, 2), sought(1, 60_000, 2));
    expect(replayer.channel).toBe(2);
  });
  it('when the one that is shown ends, the next is named', () => {
    const { replayer, pass, take } = player();
    take(begin, known(1, 2), show(10, 1), show(500, 2), upto(20_000));
    pass(1000);
    expect(replayer).toMatchObject({ channel: 2, said: 'Terminal 2 is shown' });
  });
  it('a link leads to its terminal, and to none that is not there', () => {
    const { sent, take } = player(5000, 2);
    take(begin, sought(1, 5000, 1));
    expect(sent.slice(-3)).toEqual([{ channel: 2 }, { seek: 2, to: 5000 }, { want: 25_000 }]);
    const other = player(5000, 7);
    other.take(begin, sought(1, 5000, 1));
    expect(other.sent.filter((one) => 'channel' in one)).toEqual([]);
    expect(hashOf(5000, 2)).toBe('#t=5&terminal=2');
    expect([momentOf('#t=5&terminal=2'), terminalOf('#t=5&terminal=2'), terminalOf('#t=5'), momentOf('#t=5&terminal=x'), terminalOf('#terminal=2')]).toEqual([5000, 2, null, null, null]);
  });
  it('of a single one nothing is said, and its links are as they were', () => {
    const { replayer, sent, pass, take } = player();
    take(begin, show(10, 1), upto(20_000));
    pass(50);
    replayer.seek(5000, 1);
    expect(replayer).toMatchObject({ channels: [1], linked: null, said: '' });
    expect(sent.filter((one) => 'channel' in one)).toEqual([]);
  });
  it.each([{ kind: 'terminals', at: 0, channels: ['1'], opened: null }, { kind: 'terminals', at: 0, channels: [1], opened: 'x' }, { kind: 'terminals', at: 0, opened: 1 }, { kind: 'sought', seek: 1, at: 0, channels: [1], channel: -1 }, { kind: 'show', at: 0, channel: 'x', text: '' }, { kind: 'end', sentence: '', duration: 'x' }])('what is no message is none: %j', (message) => {
    expect(readMessage(JSON.stringify(message))).toBeNull();
  });
});

describe('a live session that ended while one was behind', () => {
  it('grows no more, plays to its end and not beyond, and is as long as the server says', () => {
    const { replayer, sent, pass, take } = player(0);
    take({ ...begin, live: true, duration: 60_000 }, sought(1, 0, null, [1]), show(10, 1), upto(20_000));
    pass(1000);
    replayer.pause();
    pass(60_000);
    replayer.stop(119_500);
    pass(30 * 60_000);
    expect(replayer.end).toBeLessThanOrEqual(122_000);
    replayer.seek(118_000);
    replayer.play();
    take(sought(sent.filter((one) => 'seek' in one).length, 118_000, null, [1]), { kind: 'end', sentence: 'The session has ended.', duration: 119_200 }, upto(138_000));
    pass(30_000);
    expect(replayer).toMatchObject({ live: false, playing: false, duration: 119_200, position: 119_200 });
    expect(replayer.takePlayed().at(-1)).toEqual([118_000, 119_200]);
  });
  it('is followed no more behind its end, so that its last second is played too', () => {
    const { replayer, pass, take } = player(58_000);
    take({ ...begin, live: true, duration: 60_000 }, sought(1, 58_000, null, [1]), show(10, 1));
    replayer.stop(60_000);
    take(upto(60_000));
    pass(5000);
    expect(replayer.following).toBe(false);
    expect(replayer.takePlayed()).toEqual([[58_000, 60_000]]);
  });
  it('that goes on, goes on', () => {
    const { replayer, pass, take } = player(0);
    take({ ...begin, live: true, duration: 60_000 }, sought(1, 0, null, [1]), upto(20_000));
    replayer.pause();
    pass(60_000);
    expect(replayer.end).toBe(120_000);
  });
});

describe('skipping what is idle', () => {
  it('plays a moment that has to be watched, from two seconds before to three behind, with an index and without', () => {
    for (const indexed of [true, false]) {
      const { replayer, pass, take } = player();
      take({ ...begin, duration: 61_000 });
      if (indexed) take({ kind: 'timeline', moments: [], activity: { each: 1000, shown: [5, ...new Array<number>(59).fill(0), 9], typed: [] }, upto: 61_000, whole: true });
      take(show(500, 1), show(60_500, 1), upto(61_000));
      replayer.required = [30_500];
      replayer.skipsIdle = true;
      pass(20_000);
      const played = replayer.takePlayed();
      expect(played.some(([from, to]) => from <= 28_550 && to >= 33_450), `${indexed} ${JSON.stringify(played)}`).toBe(true);
      expect(played.reduce((sum, [from, to]) => sum + to - from, 0)).toBeLessThan(15_000);
    }
  });
});
