import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { drafts, session } from '../src/api/session.svelte';
import type { Me } from '../src/api/types';
import { idle, input, startIdle, stay } from '../src/lib/idle.svelte';

const asked = vi.fn<typeof fetch>();
const typed = { isTrusted: true } as Event;
const me = (silence: number, person = 'dana') =>
  ({ person, csrf: 'c', pages: ['home'], ...ends(silence), idle_limit_seconds: 600, now: new Date().toISOString() }) as unknown as Me;
const calls = (path: string) => asked.mock.calls.filter(([asked]) => asked === path).length;
let stop = () => undefined as void;
let left = 600; // what the server would say now
let age = 40_000; // until it ends in any case
// As the server says it: silence never lasts beyond the end.
const ends = (silence: number) => ({ idle_seconds: Math.min(silence, age), seconds: age });

beforeEach(() => {
  vi.useFakeTimers();
  asked.mockReset();
  asked.mockImplementation((path) => {
    if (path === '/api/active') left = 600;
    if (path === '/api/me' && Math.min(left, age) <= 0) return Promise.resolve(new Response('{}', { status: 401 }));
    return Promise.resolve(new Response(JSON.stringify(path === '/api/me' ? me(left) : ends(left))));
  });
  vi.stubGlobal('fetch', asked);
  left = 600;
  age = 40_000;
  session.enter(me(600));
  stop = startIdle();
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});
async function silence(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    left -= 1;
    age -= 1;
    await vi.advanceTimersByTimeAsync(1000);
  }
}

it('real input is told at most every 20 seconds, and the last of it is not forgotten', async () => {
  await silence(30);
  for (let i = 0; i < 50; i++) {
    input(typed);
    await silence(1);
  }
  await silence(30);
  expect(calls('/api/active')).toBeGreaterThanOrEqual(3);
  expect(calls('/api/active')).toBeLessThanOrEqual(4);
});

it('input that a script makes is none', async () => {
  input({ isTrusted: false } as Event);
  await silence(30);
  expect(calls('/api/active')).toBe(0);
});

it('silence is warned of a minute before, and ends with nothing left on the screen', async () => {
  await silence(530);
  expect(idle.warning).toBe(false);
  await silence(12);
  expect(idle.warning).toBe(true);
  expect(idle.left).toBeGreaterThan(50);
  input(typed); // a stray movement does not answer the question
  await silence(70);
  expect(session.me).toBeNull();
  expect(session.farewell).toBe('You were signed out after 10 min without input. Sign in to come back to this page.');
  expect(calls('/api/active')).toBe(0);
});

it('silence ends it with nothing left on the screen where nothing answers any more', async () => {
  asked.mockImplementation((_, init) => new Promise((_, no) => init?.signal?.addEventListener('abort', () => no(new DOMException('late', 'AbortError')))));
  await silence(560);
  expect(idle.warning).toBe(true);
  await silence(60);
  expect(session.me).toBeNull();
});

it('what another tab did counts', async () => {
  await silence(535);
  left = 600;
  await silence(10);
  expect(idle.warning).toBe(false);
  expect(session.me).not.toBeNull();
});

it('what was being written is kept for the same person, and for nobody else', () => {
  drafts.set('request mri-3', { reason: 'x' });
  session.leave('');
  session.enter(me(600, 'dana'));
  expect(drafts.size).toBe(1);
  session.leave('');
  session.enter(me(600, 'vera'));
  expect(drafts.size).toBe(0);
});

it('the end in any case asks nothing, whatever is pressed, and says that it was not silence', async () => {
  age = 70;
  session.enter(me(600));
  await silence(5);
  expect([idle.warning, idle.ending]).toEqual([false, false]);
  for (let i = 0; i < 60; i++) {
    await silence(1);
    input(typed);
    expect(idle.warning).toBe(false);
  }
  expect(idle.ending).toBe(true);
  expect(idle.left).toBe(5);
  expect(calls('/api/me')).toBe(1);
  await silence(8);
  expect(session.me).toBeNull();
  expect(session.farewell).toBe('You were signed out because your time was up; input does not lengthen it. Sign in to come back to this page.');
});

it('who stays in the last minutes is asked once about silence, and told once about the end', async () => {
  age = 90;
  left = 65;
  session.enter(me(65));
  await silence(10);
  expect([idle.warning, idle.ending]).toEqual([true, false]);
  stay();
  await silence(5);
  expect([idle.warning, idle.ending]).toEqual([false, false]);
  await silence(20);
  expect([idle.warning, idle.ending]).toEqual([false, true]);
});

it('a session that was ended by something else long before its time blames no silence', async () => {
  await silence(539);
  asked.mockImplementation(() => Promise.resolve(new Response('{}', { status: 401 })));
  await silence(5);
  expect(session.me).toBeNull();
  expect(session.farewell).toBe('You were signed out. Sign in to come back to this page.');
});

it.each([
  [70, 'You were signed out because your time was up; input does not lengthen it. Sign in to come back to this page.'],
  [40, 'You were signed out. Sign in to come back to this page.'],
])('after %d s of 70 an end that another call hears of first is told as what it was', async (seconds, told) => {
  age = 70;
  session.enter(me(600));
  await silence(seconds - 1);
  session.leave('You were signed out. Sign in to come back to this page.');
  stop();
  expect(session.farewell).toBe(told);
});
