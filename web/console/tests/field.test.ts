import { cleanup, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RecordingDetail } from '../src/api/types';
import Consent from '../src/pages/Replay/Consent.svelte';

const of = { id: 's1', consent: { needed: true, asked: null, given: null } } as RecordingDetail;

describe('a field', () => {
  afterEach(cleanup);
  it('ties its control to the label, and to what is wrong with it for as long as it is', async () => {
    const fetched = vi.fn<typeof fetch>().mockResolvedValue(new Response(JSON.stringify(of)));
    vi.stubGlobal('fetch', fetched);
    render(Consent, { of, changed: () => undefined });
    await tick();
    const control = screen.getByLabelText<HTMLTextAreaElement>('Why you need to see it');
    const said = (): (string | null | undefined)[] => [control.getAttribute('aria-invalid'), document.getElementById(control.getAttribute('aria-describedby') ?? '')?.textContent];
    expect(said()).toEqual([null, undefined]);
    const send = async (): Promise<void> => {
      screen.getByRole('button').click();
      await tick();
    };
    await send();
    expect(said()).toEqual(['true', 'Say why: the second person reads it.']);
    control.value = 'a complaint';
    control.dispatchEvent(new Event('input', { bubbles: true }));
    await send();
    expect(said()).toEqual([null, undefined]);
    expect(control.hasAttribute('aria-describedby')).toBe(false);
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});
