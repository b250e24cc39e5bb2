import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { events } from '../src/api/events.svelte';
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
  say(event: EventData, lastEventId = ''): void {
    this.onmessage?.({ data: JSON.stringify(event), lastEventId });
  }
  refused(): void {
    this.readyState = FakeSource.CLOSED;
    this.onerror?.();
  }
}
const start = () => events.start((csrf, events) => new Stream(csrf, events));
const source = () => FakeSource.all.at(-1) as FakeSource;
const asked = vi.fn<typeof fetch>();
const me = { person: 'dana', csrf: 'c', pages: ['home'], idle_seconds: 600, seconds: 600, now: '2026-11-22T14:00:00Z', event: 40 } as unknown as Me;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.all = [];
  vi.stubGlobal('EventSource', FakeSource);
  asked.mockReset();
  vi.stubGlobal('fetch', asked);
  session.enter(me);
  start();
});
afterEach(() => {
  events.stop();
  vi.useRealTimers();
});

describe('the stream of events', () => {
  it('tells those who listen to the topic, and nobody else', () => {
    const requests = vi.fn();
    const sessions = vi.fn();
    const off = [events.on('request', requests), events.on('session', sessions)];
    source().open();
    source().say({ topic: 'request', id: 4, waiting: 2 });
    expect(requests).toHaveBeenCalledWith({ topic: 'request', id: 4, waiting: 2 });
    expect(sessions).not.toHaveBeenCalled();
    expect(events.waiting).toBe(2);
    off.forEach((stop) => stop());
    source().say({ topic: 'request', id: 5 });
    expect(requests).toHaveBeenCalledTimes(1);
  });
  it('is opened once, however often it is started', () => {
    start();
    expect(FakeSource.all).toHaveLength(1);
  });
  it('bears what is no JSON', () => {
    source().open();
    source().onmessage?.({ data: '<html>', lastEventId: '' });
    expect(events.state).toBe('open');
  });
  it('has everything asked anew when events were missed', () => {
    const people = vi.fn();
    const off = events.on('people', people);
    source().open();
    source().say({ topic: 'hello', missed: false });
    expect(people).not.toHaveBeenCalled();
    source().say({ topic: 'hello', missed: true });
    expect(people).toHaveBeenCalledTimes(1);
    off();
  });
  it('goes on behind what the page knew when it began to ask', () => {
    expect(source().url).toBe('/api/events?after=40');
  });
  it('opens a new one after a refusal, behind the last event that came', async () => {
    source().open();
    source().say({ topic: 'policy' }, '43');
    source().refused();
    expect(events.state).toBe('reconnecting');
    asked.mockResolvedValueOnce(new Response('{"status":503}', { status: 503 }));
    await vi.advanceTimersByTimeAsync(2000);
    expect(FakeSource.all).toHaveLength(2);
    expect(source().url).toBe('/api/events?after=43');
    source().open();
    expect(events.state).toBe('open');
  });
  it('opens no other when the session is over', async () => {
    source().open();
    source().refused();
    asked.mockResolvedValueOnce(new Response('{"status":401}', { status: 401 }));
    await vi.advanceTimersByTimeAsync(2000);
    expect(session.me).toBeNull();
    expect(FakeSource.all).toHaveLength(1);
  });
  it('says so when the device has no network, and comes back with it', () => {
    source().open();
    events.lost();
    expect(events.state).toBe('offline');
    events.retry();
    expect(FakeSource.all).toHaveLength(2);
    source().open();
    expect(events.state).toBe('open');
  });
});
