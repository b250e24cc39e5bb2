import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { drafts, session } from '../src/api/session.svelte';
import type { Me } from '../src/api/types';

const asked = vi.fn<typeof fetch>();
const me = (csrf = 'c') => ({ person: 'dana', csrf, pages: ['home'], idle_seconds: 600, seconds: 600, now: '2026-11-22T14:00:00Z' }) as unknown as Me;
const tries = () => asked.mock.calls.filter(([path]) => path === '/api/sign-out').length;
const answers = (status: number, body: unknown = {}) => () => Promise.resolve(new Response(JSON.stringify(body), { status }));
const nothing = () => Promise.reject(new TypeError('no network'));
const said = () => session.farewell;
const out = 'You have signed out.';

beforeEach(() => {
  vi.useFakeTimers();
  // As the browser's, without its thread: fake clocks do not wait for that.
  vi.stubGlobal('crypto', { subtle: { digest: (_: string, data: Uint8Array) => Promise.resolve(new Uint8Array(32).fill(data.at(-1) ?? 0).buffer) } });
  asked.mockReset();
  vi.stubGlobal('fetch', asked);
  localStorage.clear();
  session.enter(me());
});
afterEach(() => {
  session.enter(me()); // nothing goes on
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it.each([[200], [401]])('says that one has signed out when the server has answered %i', async (status) => {
  asked.mockImplementation(answers(status));
  await session.signOut();
  expect([session.me, said()]).toEqual([null, out]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries()).toBe(1);
});

it.each([
  ['no network', nothing],
  ['503', answers(503)],
  ['429', answers(429)],
])('takes everything away and tries again until the server has heard of it: %s', async (_, answer) => {
  drafts.set('request mri-3', 'x');
  asked.mockImplementation(answer);
  await session.signOut();
  expect([session.me, drafts.size]).toEqual([null, 0]);
  expect(said()).toContain('this browser is still signed in');
  await vi.advanceTimersByTimeAsync(30_000);
  expect(tries()).toBeGreaterThan(3);
  expect(said()).toContain('this browser is still signed in');
  asked.mockImplementation(answers(200));
  await vi.advanceTimersByTimeAsync(6000);
  expect(said()).toBe(out);
  const headers = asked.mock.lastCall?.[1]?.headers as Record<string, string>;
  expect(headers['X-Anteroom-CSRF']).toBe('c');
  const before = tries();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries()).toBe(before);
});

it('does not wait for an answer that does not come', async () => {
  asked.mockImplementation((_, init) => new Promise((_done, fail) => init?.signal?.addEventListener('abort', () => fail(new DOMException('', 'AbortError')))));
  void session.signOut();
  await vi.advanceTimersByTimeAsync(5000);
  expect(session.me).toBeNull();
  expect(said()).toContain('this browser is still signed in');
});

it('tries again at once when the network is back', async () => {
  asked.mockImplementation(nothing);
  await session.signOut();
  asked.mockImplementation(answers(200));
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(0);
  expect(said()).toBe(out);
});

it('is not ended by who has signed in since, and leaves them alone', async () => {
  asked.mockImplementation(nothing);
  await session.signOut();
  session.enter(me('another'));
  const before = tries();
  asked.mockImplementation(answers(200));
  await vi.advanceTimersByTimeAsync(30_000);
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(0);
  expect([tries(), session.me?.csrf]).toEqual([before, 'another']);
  await session.refresh().catch(() => undefined);
  expect(session.me).not.toBeNull();
});

it('does not say so when another session stands in its place', async () => {
  asked.mockImplementation(answers(403));
  await session.signOut();
  expect([session.me, said()]).toEqual([null, '']);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(tries()).toBe(1);
});

it('goes on in a page that is loaded meanwhile, and shows nobody their pages', async () => {
  asked.mockImplementation(nothing);
  await session.signOut();
  const kept = { ...localStorage };
  session.enter(me()); // as a new page would begin: it knows nothing
  session.me = undefined;
  for (const [name, value] of Object.entries(kept)) localStorage.setItem(name, String(value));
  asked.mockImplementation((path) => (path === '/api/me' ? answers(200, me())() : nothing()));
  await session.refresh();
  expect(session.me).toBeNull();
  expect(said()).toContain('this browser is still signed in');
  asked.mockImplementation(answers(200));
  await vi.advanceTimersByTimeAsync(6000);
  expect(said()).toBe(out);
});

it('is not undone by a question that was on its way', async () => {
  asked.mockImplementation((path) => (path === '/api/me' ? answers(200, me())() : nothing()));
  const leaving = session.signOut();
  await session.refresh();
  await leaving;
  expect(session.me).toBeNull();
  expect(said()).toContain('this browser is still signed in');
});

it('is said by a page that is loaded when it has been heard', async () => {
  localStorage.setItem('anteroom.leaving', 'x');
  session.me = undefined;
  asked.mockImplementation(answers(401));
  await session.refresh();
  expect([session.me, said(), localStorage.length]).toEqual([null, out, 0]);
});

it('keeps no secret of the session', async () => {
  session.enter(me('a-secret-token'));
  asked.mockImplementation(nothing);
  await session.signOut();
  expect(localStorage.length).toBe(1);
  expect(JSON.stringify({ ...localStorage })).not.toContain('secret');
});
