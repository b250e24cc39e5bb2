import { describe, expect, it } from 'vitest';
import type { WatchCommand, WatchMessage } from '../src/api/types';
import type { Frame } from '../src/pages/Watch/frame';
import { readMessage } from '../src/pages/Watch/message';
import { farAhead, Replayer, type Stage } from '../src/pages/Replay/replayer.svelte';

class Spy implements Stage {
  seen: string[] = [];
  slow = false;
  size = (columns: number, rows: number): void => void this.seen.push(`${columns}x${rows}`);
  show = (text: string): void => void this.seen.push(text);
  frame = (frame: Frame): void => void this.seen.push(`frame ${frame.at}`);
  pointer = (x: number, y: number, shown: boolean): void => void this.seen.push(`pointer ${x},${y},${shown}`);
  clear = (): void => void this.seen.push('clear');
  busy = (): boolean => this.slow;
}
const begin = (over: Partial<Extract<WatchMessage, { kind: 'begin' }>> = {}): WatchMessage => ({ kind: 'begin', id: 's', protocol: 'ssh', live: false, duration: 600_000, ...over });
const show = (at: number, text = `t${at} `): WatchMessage => ({ kind: 'show', at, channel: 0, text });
const upto = (at: number): WatchMessage => ({ kind: 'upto', at });
const sought = (seek: number, at: number, channels = [0]): WatchMessage => ({ kind: 'sought', seek, at, channels });
const frame = (at: number): Frame => ({ kind: 'frame', at, complete: true, fresh: false, coarse: false, x: 0, y: 0, width: 1, height: 1, screen: { width: 4, height: 4 }, packed: new Uint8Array(9) });

function player(start: number | null = null) {
  const sent: WatchCommand[] = [];
  const stage = new Spy();
  const replayer = new Replayer((command) => sent.push(command), start);
  replayer.stage = stage;
  let now = 1000;
  replayer.tick(now, true);
  // Time passes as it does on a page: a picture each 50 ms.
  const pass = (ms: number, seen = true): void => {
    for (let left = ms; left > 0; left -= 50) replayer.tick((now += Math.min(50, left)), seen);
  };
  const take = (...messages: (WatchMessage | Frame)[]): void => messages.forEach((message) => replayer.take(message));
  return { replayer, sent, stage, pass, take };
}

describe('a replay', () => {
  it('shows each thing at its time, not before, and what falls together in one go', () => {
    const { replayer, stage, pass, take } = player();
    take(begin(), { kind: 'size', at: 0, columns: 100, rows: 30 }, show(10), show(20), show(900), upto(20_000));
    pass(100);
    expect(stage.seen).toEqual(['100x30', 't10 t20 ']);
    pass(900);
    expect(stage.seen.at(-1)).toBe('t900 ');
    expect(replayer.position).toBe(1000);
  });
  it('does not know how long it is before the server has said so: until then nothing in it was watched', () => {
    const { replayer, take } = player();
    expect(replayer.recorded).toBeNull();
    take(begin());
    expect(replayer.recorded).toBe(600_000);
    const never = player().replayer;
    never.cut();
    expect(never.recorded).toBeNull();
    const live = player();
    live.take(begin({ live: true, duration: 5000 }));
    expect(live.replayer.recorded).toBe(Infinity);
  });
  it('goes on showing as watched what it has just told, and what came since, as one', () => {
    const { replayer, pass, take } = player();
    take(begin(), upto(20_000));
    pass(3033);
    expect(replayer.takePlayed()).toHaveLength(1);
    pass(2000);
    expect(replayer.fresh).toHaveLength(1);
    expect(replayer.fresh[0]![0]).toBe(0);
    expect(replayer.fresh[0]![1]).toBeGreaterThan(3500);
  });
  it('does not lose a search that came before the line', () => {
    const { replayer, sent, take } = player();
    replayer.search('needle');
    expect(sent).toEqual([]);
    take(begin());
    expect(sent[0]).toEqual({ search: 1, text: 'needle' });
  });
  it('goes as fast as is asked, and asks for as much more', () => {
    const { replayer, sent, pass, take } = player();
    take(begin(), upto(600_000));
    expect(sent).toEqual([{ want: 20_000 }]);
    replayer.speed = 32;
    pass(1000);
    expect(replayer.position).toBe(32_000);
    expect(Math.max(...sent.map((one) => ('want' in one ? one.want : 0)))).toBeGreaterThanOrEqual(32_000 + 32 * 6000 * 0.75);
  });
  it('waits where the buffer ends, says so, and goes on when there is more', () => {
    const { replayer, pass, take } = player();
    take(begin(), upto(500));
    pass(1000);
    expect(replayer).toMatchObject({ position: 500, waiting: true, playing: true });
    take(upto(20_000));
    pass(200);
    expect(replayer).toMatchObject({ position: 700, waiting: false });
  });
  it('stands still when nobody sees it, when it is paused, and when the screen cannot follow', () => {
    const { replayer, stage, pass, take } = player();
    take(begin(), upto(20_000));
    pass(1000, false);
    expect(replayer.position).toBe(0);
    stage.slow = true;
    pass(1000);
    expect(replayer.position).toBe(0);
    stage.slow = false;
    replayer.pause();
    pass(1000);
    expect(replayer.position).toBe(0);
    expect(replayer.takePlayed()).toEqual([]);
  });
  it('does not take a page that stood still for one that played', () => {
    const { replayer, take } = player();
    take(begin(), upto(20_000));
    replayer.tick(2_000_000, true);
    expect(replayer.position).toBe(250);
  });
  it('stops at the end, once, and begins anew from there', () => {
    const { replayer, sent, pass, take } = player();
    take(begin({ duration: 1000 }), upto(1000));
    pass(2000);
    expect(replayer).toMatchObject({ position: 1000, playing: false, ended: true, said: 'The end' });
    replayer.play();
    expect(sent).toContainEqual({ seek: 1, to: 0 });
    expect(replayer).toMatchObject({ position: 0, playing: true });
  });
  it('asks for no more than there is', () => {
    const { sent, pass, take } = player();
    take(begin({ duration: 5000 }), upto(5000));
    pass(3000);
    expect(sent).toEqual([{ want: 5000 }]);
  });
});

describe('a seek', () => {
  it('makes all that was on its way void: text, sizes, pictures, pointers', () => {
    const { replayer, sent, stage, pass, take } = player();
    take(begin(), show(10), upto(20_000));
    pass(50);
    replayer.seek(300_000);
    expect(sent.slice(-2)).toEqual([{ seek: 1, to: 300_000 }, { want: 320_000 }]);
    take(show(30), { kind: 'size', at: 31, columns: 9, rows: 9 }, frame(40), { kind: 'pointer', at: 41, x: 1, y: 1, shown: true }, upto(20_000));
    pass(100);
    expect(stage.seen).toEqual(['t10 ']);
    expect(replayer).toMatchObject({ position: 300_000, waiting: true });
    take(sought(1, 300_000), { kind: 'size', at: 290_000, columns: 80, rows: 24 }, show(290_000, 'state'), show(299_000, ' more'), upto(320_000));
    pass(50);
    expect(stage.seen.slice(1)).toEqual(['clear', '80x24', 'state more']);
  });
  it('after a seek: the answer to the older one is not taken, and one is under way at a time', () => {
    const { replayer, sent, stage, pass, take } = player();
    take(begin(), upto(20_000));
    replayer.seek(100_000);
    replayer.seek(200_000);
    replayer.seek(250_000);
    expect(sent.filter((one) => 'seek' in one)).toEqual([{ seek: 1, to: 100_000 }]);
    take(sought(1, 100_000), show(100_000, 'old'), frame(100_000));
    expect(sent.filter((one) => 'seek' in one)).toEqual([{ seek: 1, to: 100_000 }, { seek: 2, to: 250_000 }]);
    take(sought(1, 100_000), show(100_000, 'older'), sought(7, 1), show(2, 'never asked for'));
    pass(50);
    expect(stage.seen).toEqual([]);
    take(sought(2, 250_000), show(250_000, 'new'), upto(270_000));
    pass(50);
    expect(stage.seen).toEqual(['clear', 'new']);
    expect(replayer.position).toBeGreaterThanOrEqual(250_000);
  });
  it('between two milliseconds shows what stands there, though nothing plays', () => {
    const { replayer, sent, stage, pass, take } = player();
    take(begin(), upto(20_000));
    replayer.pause();
    replayer.seek(300_000.7);
    expect(sent).toContainEqual({ seek: 1, to: 300_000 });
    take(sought(1, 300_000), { kind: 'size', at: 300_000, columns: 80, rows: 24 }, show(300_000, 'there'), upto(320_000));
    pass(50);
    expect(stage.seen).toEqual(['clear', '80x24', 'there']);
  });
  it('that is answered twice begins anew: its index led nowhere', () => {
    const { replayer, stage, pass, take } = player(300_000);
    take(begin(), sought(1, 300_000), show(299_000, 'wrong'));
    pass(50);
    take(show(300_020, 'wrong too'), sought(1, 300_000), show(299_000, 'right'), upto(320_000));
    pass(50);
    expect(stage.seen).toEqual(['clear', 'wrong', 'clear', 'right']);
    expect(replayer.waiting).toBe(false);
  });
  it('within what is here needs no answer, and goes no farther than the ends', () => {
    const { replayer, sent, take, pass } = player(1000);
    take(begin());
    take(sought(1, 1000), upto(21_000));
    const before = sent.length;
    replayer.seek(15_000);
    expect(replayer.position).toBe(15_000);
    expect(sent.length).toBe(before);
    replayer.seek(1e12);
    expect(replayer.position).toBe(600_000);
    pass(50);
    replayer.seek(-50);
    expect(replayer.position).toBe(0);
  });
  it('to the moment of the address is the first thing that is asked', () => {
    const { sent, take } = player(723_400);
    take(begin({ duration: 3_480_000 }));
    expect(sent).toEqual([{ seek: 1, to: 723_400 }, { want: 743_400 }]);
  });
});

describe('skipping what is idle', () => {
  const timeline = (shown: number[], moments: { at: number }[] = []): WatchMessage => ({
    kind: 'timeline', moments: moments.map(({ at }) => ({ at, lane: 'command', channel: 0, text: 'x', guess: false })), activity: { each: 1000, shown, typed: [] }, upto: shown.length * 1000, whole: true,
  });
  it('jumps over what the index calls idle, says how much, and does not call it watched', () => {
    const { replayer, pass, take } = player();
    take(begin(), timeline([5, ...new Array<number>(239).fill(0), 9, 9]), show(500), show(240_500), upto(260_000));
    replayer.skipsIdle = true;
    pass(2000);
    expect(replayer.said).toBe('Skipped 3 min');
    expect(replayer.position).toBeGreaterThan(239_000);
    const played = replayer.takePlayed();
    expect(played.length).toBe(2);
    expect(played[0]?.[1]).toBeLessThan(1200);
    expect(played[1]?.[0]).toBeGreaterThan(239_000);
  });
  it('goes by what is buffered where there is no index yet', () => {
    const { replayer, pass, take } = player();
    take(begin(), show(100), show(60_000), upto(80_000));
    replayer.skipsIdle = true;
    pass(400);
    expect(replayer.said).toBe('Skipped 1 min');
    expect(replayer.position).toBeGreaterThan(59_000);
    expect(replayer.position).toBeLessThan(60_000);
  });
  it('plays what is short, and all of it when it is off', () => {
    const { replayer, pass, take } = player();
    take(begin(), show(100), show(2500), show(60_000), upto(80_000));
    pass(1000);
    expect(replayer.position).toBe(1000);
    replayer.skipsIdle = true;
    pass(500);
    expect(replayer.position).toBe(1500);
  });
  it('asks the server to seek where what is idle is longer than what one would want to fetch', () => {
    const { replayer, sent, pass, take } = player();
    take(begin({ duration: 4_000_000 }), timeline([5, ...new Array<number>(3599).fill(0), 9]), upto(20_000));
    replayer.skipsIdle = true;
    pass(1500);
    expect(sent).toContainEqual({ seek: 1, to: 3_599_600 });
  });
});

describe('a live session', () => {
  it('is followed as it comes, and kept at most a second behind', () => {
    const { replayer, sent, stage, pass, take } = player();
    take(begin({ live: true, duration: 60_000 }));
    expect(sent).toEqual([{ seek: 1, to: 60_000 }, { want: farAhead }]);
    take(sought(1, 60_000), show(60_000, 'state'));
    pass(500);
    take(show(60_450, 'fresh'));
    pass(50);
    expect(stage.seen).toEqual(['clear', 'state', 'fresh']);
    expect(replayer).toMatchObject({ following: true, playing: true });
    expect(replayer.end - replayer.position).toBeLessThan(1000);
  });
  it('stands where it was paused, and is followed again at the word', () => {
    const { replayer, sent, take, pass } = player();
    take(begin({ live: true, duration: 60_000 }), sought(1, 60_000), upto(60_000));
    pass(1000);
    replayer.pause();
    const at = replayer.position;
    pass(5000);
    expect(replayer.position).toBe(at);
    expect(replayer.following).toBe(false);
    take(sought(2, at), upto(at));
    replayer.follow();
    expect(sent.at(-1)).toEqual({ want: farAhead });
    expect(replayer.position).toBeGreaterThan(at + 4000);
  });
  it('is followed also when a seek was under way', () => {
    const { replayer, sent, take } = player(0);
    take(begin({ live: true, duration: 60_000 }));
    replayer.follow();
    take(sought(1, 0));
    expect(sent.slice(-2)).toEqual([{ seek: 2, to: 60_000 }, { want: farAhead }]);
    expect(replayer.following).toBe(true);
  });
  it('that stands still goes on behind now, up to now', () => {
    const { replayer, pass, take } = player(30_000);
    take(begin({ live: true, duration: 60_000 }), sought(1, 30_000), show(29_000, 'state'), upto(29_500));
    pass(5000);
    expect(replayer).toMatchObject({ position: 35_000, following: false, waiting: false });
    replayer.skipsIdle = true;
    pass(100);
    expect(replayer.following).toBe(true);
  });
  it('says why it ended, and can still be seen up to there', () => {
    const { replayer, pass, take } = player();
    take(begin({ live: true, duration: 60_000 }), sought(1, 60_000), upto(61_000), { kind: 'end', sentence: 'The person left.' });
    pass(100);
    expect(replayer).toMatchObject({ live: false, following: false, sentence: 'The person left.', phase: 'open' });
  });
});

describe('a connection that is lost', () => {
  it('leaves the place, and says so', () => {
    const { replayer, pass, take } = player();
    take(begin(), upto(20_000));
    pass(1000);
    replayer.cut();
    expect(replayer).toMatchObject({ phase: 'closed', playing: false, position: 1000, sentence: 'The connection was lost.' });
  });
  it('plays nothing that it does not have, and none of it counts as watched', () => {
    const { replayer, stage, pass, take } = player();
    take(begin(), upto(20_000));
    pass(100);
    replayer.seek(590_000);
    take(sought(1, 590_000), upto(600_000));
    pass(200);
    replayer.cut();
    replayer.takePlayed();
    stage.seen = [];
    replayer.seek(0);
    replayer.play();
    pass(2000);
    expect([stage.seen, replayer.takePlayed().filter(([from]) => from < 590_000)]).toEqual([[], []]);
    expect(replayer.said).not.toBe('');
    replayer.seek(595_000); // forward, in what is here
    expect(replayer.position).toBe(595_000);
  });
  it('before anything was shown says that, and after a sentence of the server keeps it', () => {
    const early = player();
    early.replayer.cut();
    expect(early.replayer.sentence).toContain('could not be shown');
    const { replayer, take } = player();
    take(begin(), { kind: 'end', sentence: 'You may not look any more.' });
    replayer.cut();
    expect(replayer.sentence).toBe('You may not look any more.');
  });
});

describe('a piece that is damaged', () => {
  it('is marked where it was passed over, also where the index goes on', () => {
    const { replayer, pass, take } = player();
    take(begin(), { kind: 'timeline', moments: [], activity: { each: 1000, shown: [1], typed: [] }, upto: 600_000, whole: true }, { kind: 'note', at: 20, channel: 0, text: '1 piece is damaged and was passed over.' }, { kind: 'note', at: 30, channel: 0, text: 'shell' }, upto(20_000));
    pass(100);
    expect(replayer.moments.map(({ lane, at }) => [lane, at])).toEqual([['gap', 20]]);
    expect(replayer.said).toContain('damaged');
  });
  it('ends the play there, with its sentence, until one seeks elsewhere', () => {
    const { replayer, pass, take } = player();
    take(begin(), upto(500), { kind: 'end', sentence: 'The recording is damaged here: piece 4.' });
    pass(1000);
    expect(replayer).toMatchObject({ position: 500, playing: false, waiting: false, phase: 'open', sentence: 'The recording is damaged here: piece 4.' });
    replayer.seek(200_000);
    expect(replayer.sentence).toBe('');
  });
  it('is gone on behind at the word, and farther on where that leads to it again', () => {
    const { replayer, sent, pass, take } = player();
    take(begin(), upto(500), { kind: 'end', sentence: 'The recording is damaged here: piece 4.' });
    pass(1000);
    expect(replayer.stuck).toBe(true);
    replayer.goOn();
    expect(sent.slice(-2)).toEqual([{ seek: 1, to: 800 }, { want: 20_800 }]);
    expect(replayer).toMatchObject({ stuck: false, playing: true, sentence: '' });
    take(sought(1, 800), { kind: 'end', sentence: 'The recording is damaged here: piece 4.' });
    pass(100);
    expect(replayer).toMatchObject({ stuck: true, playing: false });
    replayer.goOn();
    expect(sent).toContainEqual({ seek: 2, to: 10_800 });
    take(sought(2, 10_800), upto(30_000));
    pass(1000);
    expect(replayer).toMatchObject({ stuck: false, playing: true, sentence: '' });
  });
  it('is not where a live session ends', () => {
    const { replayer, take } = player();
    take(begin({ live: true, duration: 60_000 }), sought(1, 60_000), { kind: 'end', sentence: 'The session has ended.' });
    expect(replayer.stuck).toBe(false);
  });
});

describe('what was played', () => {
  it('is told once, and given back when it could not be told', () => {
    const { replayer, pass, take } = player();
    take(begin(), upto(20_000));
    pass(1000);
    const played = replayer.takePlayed();
    expect(played).toEqual([[0, 1000]]);
    expect(replayer.takePlayed()).toEqual([]);
    pass(500);
    replayer.giveBack(played);
    expect(replayer.takePlayed()).toEqual([[0, 1500]]);
  });
});

describe('a search', () => {
  it('takes the answer to its own question only', () => {
    const { replayer, sent, take } = player();
    take(begin());
    replayer.search('shadow');
    replayer.search('passwd');
    expect(sent.slice(-2)).toEqual([{ search: 1, text: 'shadow' }, { search: 2, text: 'passwd' }]);
    take({ kind: 'hits', search: 1, hits: [], more: false, indexed: true });
    expect(replayer.hits).toBeNull();
    take({ kind: 'hits', search: 2, hits: [], more: false, indexed: true });
    expect(replayer.hits).not.toBeNull();
  });
});

describe('a message of the replay', () => {
  const read = (message: object): WatchMessage | null => readMessage(JSON.stringify(message));
  it('keeps of a timeline what is a moment, in order', () => {
    const moments = [{ at: 900, lane: 'command', channel: 0, text: 'b', guess: true }, { at: 5, lane: 'file', channel: 0, text: 'a', guess: 'yes' }, { at: -1, lane: 'file', text: 'x' }, { at: 1, lane: 'evil', text: 'x' }, { at: 1, lane: 'file', text: 7 }, null, 'x'];
    expect(read({ kind: 'timeline', moments, activity: { each: 0, shown: [1, -1, 'x', 1e999], typed: 7 }, upto: 1000, whole: 1 })).toEqual({
      kind: 'timeline', upto: 1000, whole: false, activity: { each: 1000, shown: [1, 0, 0, 0], typed: [] },
      moments: [{ at: 5, lane: 'file', channel: 0, text: 'a', guess: false }, { at: 900, lane: 'command', channel: 0, text: 'b', guess: true }],
    });
  });
  it('cuts what is too long for a page', () => {
    const read1 = read({ kind: 'hits', search: 1, hits: Array.from({ length: 1200 }, (_, at) => ({ at, lane: 'shown', channel: 0, text: 'x'.repeat(5000), guess: false })), more: false, indexed: true });
    expect(read1?.kind === 'hits' && [read1.hits.length, read1.hits[0]?.text.length]).toEqual([1000, 2000]);
  });
  it.each([
    { kind: 'timeline', moments: {}, activity: {}, upto: 1 }, { kind: 'timeline', moments: [], activity: null, upto: 1 }, { kind: 'timeline', moments: [], activity: {}, upto: 'x' }, { kind: 'hits', search: 'x', hits: [] },
    { kind: 'hits', search: 1, hits: null }, { kind: 'sought', seek: 1, at: 0, channels: ['0'] }, { kind: 'sought', seek: 1, at: -1, channels: [] }, { kind: 'upto' }, { kind: 'pointer', at: 0, x: 1, y: '1', shown: true },
    { kind: 'integrity', state: 'fine', pieces: 1, checked: 1, sentence: '' }, { kind: 'integrity', state: 'broken', pieces: 1, checked: 1 },
  ])('that is none is left out: %j', (message) => {
    expect(read(message)).toBeNull();
  });
});
