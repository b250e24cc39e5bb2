import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Events } from '../src/api/events.svelte';
import { session } from '../src/api/session.svelte';
import { Stream } from '../src/api/stream';
import type { EventData, Me } from '../src/api/types';

class FakeSource {
  static all: FakeSource[] = [];
  static readonly CLOSED = 2;
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((message: { data: string; lastEventId: string }) => void) | null = null;
  constructor(readonly url: string) {
    FakeSource.all.push(this);
  }
  close(): void {
    this.readyState = FakeSource.CLOSED;
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  drops(): void {
    this.readyState = 0;
    this.onerror?.();
  }
  say(event: EventData, lastEventId = ''): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(event), lastEventId });
  }
}
const openOnes = () => FakeSource.all.filter((one) => one.readyState !== FakeSource.CLOSED);
const source = () => FakeSource.all.at(-1) as FakeSource;

// One lock a name, in turn; `steal` as the browser does it.
type Options = { steal?: boolean; signal?: AbortSignal };
interface Wish {
  name: string;
  hold: () => unknown;
  done: (value?: unknown) => void;
  fail: (error: Error) => void;
}
class FakeLocks {
  held: Wish[] = [];
  wishes: Wish[] = [];
  request(name: string, { steal, signal }: Options, hold: () => unknown): Promise<unknown> {
    return new Promise((done, fail) => {
      const wish = { name, hold, done, fail };
      if (steal) {
        this.held.filter((one) => one.name === name).forEach((one) => one.fail(new DOMException('stolen', 'AbortError')));
        this.held = this.held.filter((one) => one.name !== name);
        this.wishes.unshift(wish);
      } else this.wishes.push(wish);
      signal?.addEventListener('abort', () => {
        if (!this.wishes.includes(wish)) return;
        this.wishes.splice(this.wishes.indexOf(wish), 1);
        fail(new DOMException('aborted', 'AbortError'));
      });
      queueMicrotask(() => this.grant());
    });
  }
  grant(): void {
    const next = this.wishes.find(({ name }) => !this.held.some((one) => one.name === name));
    if (!next) return;
    this.wishes.splice(this.wishes.indexOf(next), 1);
    this.held.push(next);
    void Promise.resolve(next.hold()).then((value) => {
      this.held = this.held.filter((one) => one !== next);
      next.done(value);
      this.grant();
    });
  }
}
class FakeChannel {
  static all = new Set<FakeChannel>();
  onmessage: ((message: { data: unknown }) => void) | null = null;
  constructor(readonly name: string) {
    FakeChannel.all.add(this);
  }
  postMessage(data: unknown): void {
    for (const one of FakeChannel.all) if (one !== this && one.name === this.name) queueMicrotask(() => FakeChannel.all.has(one) && one.onmessage?.({ data: structuredClone(data) }));
  }
  close(): void {
    FakeChannel.all.delete(this);
  }
}

let locks = new FakeLocks();
let hidden = false;
let tabs: Events[] = [];
const asked = vi.fn<typeof fetch>();
const me = (csrf: string) => ({ person: 'dana', csrf, pages: ['home'], idle_seconds: 600, seconds: 600, now: '2026-11-22T14:00:00Z', event: 10 }) as unknown as Me;
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

async function tab(): Promise<Events> {
  const events = new Events();
  tabs.push(events);
  events.start((csrf, of) => new Stream(csrf, of));
  await settle();
  return events;
}
function heard(events: Events): EventData[] {
  const all: EventData[] = [];
  events.on(['request', 'people'], (event) => all.push(event));
  return all;
}
const reloads = (all: EventData[]) => all.filter(({ topic }) => topic === 'people').length;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.all = [];
  FakeChannel.all.clear();
  locks = new FakeLocks();
  hidden = false;
  tabs = [];
  vi.stubGlobal('EventSource', FakeSource);
  vi.stubGlobal('BroadcastChannel', FakeChannel);
  vi.stubGlobal('crypto', { subtle: { digest: (_: string, data: Uint8Array) => Promise.resolve(new Uint8Array(32).fill(data.at(-1) ?? 0).buffer) } });
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true });
  Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
  asked.mockReset();
  asked.mockImplementation(() => Promise.resolve(new Response(JSON.stringify(me('one')))));
  vi.stubGlobal('fetch', asked);
  session.enter(me('one'));
});
afterEach(() => {
  tabs.forEach((events) => events.stop());
  vi.useRealTimers();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, 'locks');
  Reflect.deleteProperty(document, 'hidden');
});

describe('the tabs of one session', () => {
  it('have one stream, and all hear what comes', async () => {
    const [first, second] = [await tab(), await tab()];
    expect(FakeSource.all).toHaveLength(1);
    source().open();
    const [a, b] = [heard(first), heard(second)];
    source().say({ topic: 'request', id: 4, waiting: 2 }, '11');
    await settle();
    expect(a).toEqual(b);
    expect(b).toHaveLength(1);
    expect([second.state, second.waiting]).toEqual(['open', 2]);
    const late = await tab();
    await settle();
    expect([late.state, late.waiting]).toEqual(['open', 2]);
    expect(FakeSource.all).toHaveLength(1);
  });

  it('ask anew for what they show where it came to another tab after they asked, and only then', async () => {
    await tab();
    source().open();
    source().say({ topic: 'policy' }, '12');
    const late = new Events();
    tabs.push(late);
    const all = heard(late);
    late.start((csrf, of) => new Stream(csrf, of));
    await settle();
    expect(reloads(all)).toBe(1);
    session.enter({ ...me('one'), event: 14 });
    const later = new Events();
    tabs.push(later);
    const none = heard(later);
    later.start((csrf, of) => new Stream(csrf, of));
    await settle();
    expect([later.state, reloads(none)]).toEqual(['open', 0]);
  });

  it('go on behind what was heard when the one with the stream closes', async () => {
    const [first, second, third] = [await tab(), await tab(), await tab()];
    source().open();
    await settle(20_000);
    source().say({ topic: 'policy' }, '11');
    await settle();
    const [b, c] = [heard(second), heard(third)];
    tabs.shift();
    first.stop();
    await settle();
    expect(openOnes()).toHaveLength(1);
    expect(source().url).toBe('/api/events?after=11');
    source().open();
    await settle();
    expect([reloads(b), reloads(c)]).toEqual([0, 0]);
    source().say({ topic: 'hello', missed: true, waiting: 0 }, '30');
    await settle();
    expect([reloads(b), reloads(c)]).toEqual([1, 1]);
    source().say({ topic: 'request', id: 5 });
    await settle();
    expect(c.at(-1)).toEqual({ topic: 'request', id: 5 });
  });

  it('see the state of the stream, and any of them can ask for another try', async () => {
    const [, second] = [await tab(), await tab()];
    source().open();
    source().drops();
    await settle();
    expect(second.state).toBe('reconnecting');
    await settle(4000);
    second.retry();
    await settle();
    expect(FakeSource.all).toHaveLength(2);
    source().open();
    await settle();
    expect(second.state).toBe('open');
  });

  it('take the turn from one that does not answer', async () => {
    const other = await tab();
    const name = locks.held[0]?.name ?? '';
    other.stop();
    tabs = [];
    await settle();
    void locks.request(name, {}, () => new Promise(() => undefined)).catch(() => undefined); // frozen
    await settle();
    const events = await tab();
    await settle(4000);
    expect(openOnes()).toHaveLength(0);
    await settle(8000);
    expect(openOnes()).toHaveLength(1);
    source().open();
    await settle();
    expect([events.state, source().url]).toEqual(['open', '/api/events?after=10']);
  });

  it('leave it to one that answers, and a tab that nobody sees takes it from none', async () => {
    await tab();
    source().open();
    await tab();
    await settle(120_000);
    expect(FakeSource.all).toHaveLength(1);
    tabs[0]?.stop();
    tabs.shift();
    await settle();
    source().open();
    const name = locks.held[0]?.name ?? '';
    tabs[0]?.stop();
    tabs = [];
    hidden = true;
    void locks.request(name, {}, () => new Promise(() => undefined)).catch(() => undefined);
    const before = FakeSource.all.length;
    await tab();
    await settle(120_000);
    expect(FakeSource.all).toHaveLength(before);
  });

  it('close the stream that was taken from them, and catch up with the other', async () => {
    const first = await tab();
    source().open();
    source().say({ topic: 'request', id: 1 }, '11');
    const robbed = source();
    const name = locks.held[0]?.name ?? '';
    const stream = new FakeChannel(name);
    const all = heard(first);
    void locks.request(name, { steal: true }, () => new Promise(() => undefined)).catch(() => undefined);
    await settle();
    expect(robbed.readyState).toBe(FakeSource.CLOSED);
    stream.postMessage({ holder: true, word: { state: 'open', waiting: 0, last: 11 } });
    await settle();
    expect(reloads(all)).toBe(0);
    stream.postMessage({ holder: true, word: { state: 'open', waiting: 0, last: 14 } });
    await settle();
    expect(reloads(all)).toBe(1);
  });

  it('give the stream up when they are frozen or left', async () => {
    const [, second] = [await tab(), await tab()];
    source().open();
    document.dispatchEvent(new Event('freeze'));
    await settle();
    expect(openOnes()).toHaveLength(0);
    document.dispatchEvent(new Event('resume'));
    await settle();
    expect(openOnes()).toHaveLength(1);
    source().open();
    await settle();
    expect(second.state).toBe('open');
    window.dispatchEvent(new Event('pagehide'));
    await settle();
    expect(openOnes()).toHaveLength(0);
  });

  it('ask who they are when another of them says that the session is over', async () => {
    const first = await tab();
    await tab();
    source().open();
    asked.mockImplementation(() => Promise.resolve(new Response('{}', { status: 401 })));
    session.me = null;
    tabs.shift();
    first.stop();
    await settle();
    expect(asked.mock.calls.some(([path]) => path === '/api/me')).toBe(true);
  });
});

describe('another session in the same browser', () => {
  it('has a stream of its own, under a name without secrets', async () => {
    session.enter(me('secret-one'));
    const all = heard(await tab());
    source().open();
    session.enter(me('secret-two'));
    await tab();
    expect(FakeSource.all).toHaveLength(2);
    source().open();
    source().say({ topic: 'request', id: 7 }, '12');
    await settle();
    expect(all).toHaveLength(0);
    for (const { name } of FakeChannel.all) expect(name).not.toContain('secret');
    expect(new Set([...FakeChannel.all].map(({ name }) => name)).size).toBe(2);
  });

  it('gets nothing of its events told to pages of before, whose stream came back with its cookie', async () => {
    const [first, second] = [await tab(), await tab()];
    source().open();
    const [a, b] = [heard(first), heard(second)];
    source().drops();
    asked.mockImplementation(() => Promise.resolve(new Response(JSON.stringify(me('two')))));
    source().open();
    source().say({ topic: 'request', id: 8, fresh: true, summary: 'alice asks' }, '13');
    await settle();
    expect([...a, ...b]).toEqual([]);
    expect(session.me?.csrf).toBe('two');
  });

  it('is not there: what came meanwhile is told', async () => {
    const events = await tab();
    source().open();
    const all = heard(events);
    source().drops();
    source().open();
    source().say({ topic: 'request', id: 8 }, '13');
    expect(all).toEqual([]);
    await settle();
    expect(all).toEqual([{ topic: 'request', id: 8 }]);
  });
});

describe('how many wait', () => {
  const notices = (all: EventData[]) => all.filter(({ fresh }) => fresh).map(({ summary }) => summary);

  it('is said by the first event, without a notice', async () => {
    const events = await tab();
    const all = heard(events);
    source().open();
    source().say({ topic: 'hello', waiting: 2 }, '11');
    expect(events.waiting).toBe(2);
    expect(notices(all)).toEqual([]);
  });

  it('is told where events were missed, if it is more than the page knew', async () => {
    const [first, second] = [await tab(), await tab()];
    source().open();
    source().say({ topic: 'hello', waiting: 1 }, '11');
    const all = heard(second);
    await settle(20_000);
    tabs.shift();
    first.stop();
    await settle();
    source().open();
    await settle();
    source().say({ topic: 'hello', waiting: 3, missed: true }, '15');
    expect(notices(all)).toEqual(['3 requests wait for you.']);
    source().drops();
    source().open();
    source().say({ topic: 'hello', waiting: 3, missed: true }, '18');
    source().say({ topic: 'request', waiting: 2 }, '19');
    await settle();
    expect([notices(all).length, second.waiting]).toEqual([1, 2]);
  });

  it('is no news where the stream goes on: the events themselves come', async () => {
    const events = await tab();
    source().open();
    const all = heard(events);
    source().drops();
    source().open();
    source().say({ topic: 'hello', waiting: 1 }, '11');
    source().say({ topic: 'request', id: 9, waiting: 1, fresh: true, summary: 'alice asks' }, '12');
    await settle();
    expect(notices(all)).toEqual(['alice asks']);
    expect(events.waiting).toBe(1);
  });
});
