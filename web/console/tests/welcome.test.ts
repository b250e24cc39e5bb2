import { cleanup, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { session } from '../src/api/session.svelte';
import type { Me } from '../src/api/types';
import { idle } from '../src/lib/idle.svelte';
import '../src/shell/Ends.svelte'; // loaded before the clock is a false one
import Welcome from '../src/pages/Welcome.svelte';

const me = { person: 'ida', name: 'Ida', csrf: 'c', enrolling: true, pages: [], idle_seconds: 600, seconds: 1800, idle_limit_seconds: 600, now: new Date().toISOString() } as unknown as Me;
const asked = vi.fn<typeof fetch>();
const calls = (path: string): number => asked.mock.calls.filter(([called]) => called === path).length;
const sent = (path: string): Record<string, string>[] => asked.mock.calls.filter(([called]) => called === path).map(([, init]) => JSON.parse(String(init?.body)) as Record<string, string>);
let refusal = '';

async function type(label: string, text: string): Promise<void> {
  const field = screen.getByLabelText<HTMLInputElement>(label);
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await tick();
}
async function press(name: string): Promise<void> {
  screen.getByText(name).click();
  await tick();
}
async function toCodes(): Promise<void> {
  await press('A password and codes');
  for (const label of ['New password', 'Once more']) await type(label, 'a scanner with a view');
  await press('Go on');
  await vi.waitFor(() => screen.getByText('Finish'));
}
async function finish(): Promise<void> {
  await type('Code that the app shows now', '123456');
  await press('Finish');
  await vi.waitFor(() => screen.getByText(refusal));
}
// The key for hands, as the page shows it.
const key = (): string => screen.getByRole('group', { name: 'the key', hidden: true }).textContent ?? '';

beforeEach(() => {
  asked.mockReset();
  let made = 0;
  asked.mockImplementation((path) => {
    if (path === '/api/me/codes/begin') made += 1;
    if (path === '/api/me/enrol') return Promise.resolve(new Response(JSON.stringify({ detail: refusal }), { status: 422 }));
    const codes = { nonce: `n-${made}`, uri: `otpauth://totp/x?secret=KEY${made}`, typable: `KEY${made}` };
    return Promise.resolve(new Response(JSON.stringify(path === '/api/me' ? me : path === '/api/active' ? { idle_seconds: 600, seconds: 1800 } : codes)));
  });
  vi.stubGlobal('fetch', asked);
  session.enter(me);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  session.leave('');
});

it('a key that the server knows no more makes way for another one, which then counts', async () => {
  refusal = 'That took too long, or was used already. Please begin again with a new QR code.';
  render(Welcome, { first: true });
  await toCodes();
  expect(key()).toContain('KEY1');
  await finish();
  await vi.waitFor(() => expect(key()).toContain('KEY2'));
  screen.getByText(/Delete the entry of before/);
  await vi.waitFor(() => expect(screen.getByText('Finish').getAttribute('aria-busy')).toBeNull());
  await finish();
  expect(sent('/api/me/enrol').map(({ nonce }) => nonce)).toEqual(['n-1', 'n-2']);
});

it('a wrong code leaves the key as it is: it is in the app already', async () => {
  refusal = "That code is not right. If that happens again, look at your phone's clock.";
  render(Welcome, { first: true });
  await toCodes();
  await finish();
  expect(key()).toContain('KEY1');
  expect(calls('/api/me/codes/begin')).toBe(1);
});

it('going back and on again makes a new key', async () => {
  render(Welcome, { first: true });
  await toCodes();
  await press('Back');
  await press('Go on');
  await vi.waitFor(() => expect(key()).toContain('KEY2'));
});

it('input keeps the session of an invited person alive, and silence is asked about', async () => {
  const end = Date.now() + 100_000; // of silence, unless there is input
  asked.mockImplementation((path) => Promise.resolve(new Response(JSON.stringify(path === '/api/active' ? { idle_seconds: 600, seconds: 1800 } : { ...me, idle_seconds: Math.round((end - Date.now()) / 1000) }))));
  session.enter({ ...me, idle_seconds: 100 });
  const listened = vi.spyOn(window, 'addEventListener');
  vi.useFakeTimers();
  render(Welcome, { first: true });
  await vi.waitFor(() => expect(listened.mock.calls.some(([kind]) => kind === 'keydown')).toBe(true));
  const input = listened.mock.calls.find(([kind]) => kind === 'keydown')?.[1] as (event: Event) => void;
  await vi.advanceTimersByTimeAsync(45_000);
  expect(idle.warning).toBe(true);
  screen.getByText('Stay signed in').click();
  await vi.advanceTimersByTimeAsync(25_000);
  expect([idle.warning, calls('/api/active')]).toEqual([false, 1]);
  input({ isTrusted: true } as Event);
  await vi.advanceTimersByTimeAsync(25_000);
  expect(calls('/api/active')).toBe(2);
});

it('an invited person whom silence signs out reads that nothing was kept', async () => {
  const end = Date.now() + 80_000;
  asked.mockImplementation(() => {
    const left = Math.round((end - Date.now()) / 1000);
    return Promise.resolve(left > 0 ? new Response(JSON.stringify({ ...me, idle_seconds: left })) : new Response('{}', { status: 401 }));
  });
  session.enter({ ...me, idle_seconds: 80 });
  const listened = vi.spyOn(window, 'addEventListener');
  vi.useFakeTimers();
  render(Welcome, { first: true });
  await vi.waitFor(() => expect(listened.mock.calls.some(([kind]) => kind === 'keydown')).toBe(true));
  await vi.advanceTimersByTimeAsync(90_000);
  expect(session.farewell).toBe('You were signed out after 10 min without input. Begin again with your invitation: nothing was kept.');
});
