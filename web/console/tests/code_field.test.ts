import { cleanup, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decide, factorFlow } from '../src/api/factor.svelte';
import { session } from '../src/api/session.svelte';
import type { Me } from '../src/api/types';
import FactorDialog from '../src/ui/FactorDialog.svelte';
import SignIn from '../src/pages/SignIn.svelte';

const asked = vi.fn<typeof fetch>();
const me = { person: 'dana', csrf: 'c', pages: ['home'], idle_seconds: 600, seconds: 40_000, idle_limit_seconds: 600, factors: { codes: true, passkeys: 0 }, now: '2026-11-22T08:00:00Z' } as unknown as Me;
const field = (): HTMLInputElement => document.querySelector<HTMLInputElement>('[name=code]') as HTMLInputElement;
async function type(into: HTMLInputElement, text: string): Promise<void> {
  into.value = text;
  into.dispatchEvent(new Event('input', { bubbles: true }));
  await tick();
}

beforeEach(() => {
  asked.mockReset();
  asked.mockImplementation(() => Promise.resolve(new Response(JSON.stringify(me))));
  vi.stubGlobal('fetch', asked);
});
afterEach(() => {
  factorFlow.cancel();
  cleanup();
  session.leave('');
});

describe.each([
  ['sign-in', async () => void render(SignIn, { first: true })],
  [
    'a decision',
    async () => {
      session.enter(me);
      render(FactorDialog);
      void decide({ title: 'Approve', path: '/api/requests/4/approve' });
      await tick();
    },
  ],
])('the code of %s', (_, open) => {
  it('is digits until a recovery code is wanted, which a phone can type, and back', async () => {
    await open();
    await type(field(), '123');
    expect([field().inputMode, field().autocomplete]).toEqual(['numeric', 'one-time-code']);
    screen.getByText('Use a recovery code').click();
    await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Recovery code')));
    expect(document.activeElement).toBe(field());
    expect([field().inputMode, field().autocomplete, field().getAttribute('autocapitalize')]).toEqual(['text', 'off', 'none']);
    expect(field().value).toBe('');
    screen.getByText('Use a code from the app').click();
    await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Code')));
    expect([field().inputMode, document.activeElement]).toEqual(['numeric', field()]);
  });
});

it('a recovery code goes where a code goes', async () => {
  session.enter(me);
  render(FactorDialog);
  void decide({ title: 'Approve', path: '/api/requests/4/approve' });
  await tick();
  screen.getByText('Use a recovery code').click();
  await tick();
  await type(field(), 'k3mf-9wq2-x7ht-p4sa ');
  screen.getByText('Approve with code').click();
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
  expect(JSON.parse(String(asked.mock.calls[0]?.[1]?.body))).toEqual({ factor: { code: 'k3mf-9wq2-x7ht-p4sa' } });
});
