import { cleanup, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { factorFlow } from '../src/api/factor.svelte';
import type { RecordingDetail } from '../src/api/types';
import Export from '../src/pages/Replay/Export.svelte';
import { leaving, offered, whyNone } from '../src/pages/Replay/exports';

const recording = (more: Partial<RecordingDetail>): RecordingDetail =>
  ({ id: 's 1', state: 'complete', may_open: true, why_not: '', consent: { needed: false, asked: null, given: null }, exports: [], ...more }) as RecordingDetail;

describe('what can be taken out', () => {
  it('is what the server offers, and nothing that this page does not know', () => {
    expect(offered(recording({ exports: ['bundle', 'cast', 'gif' as 'cast'] })).map(([format]) => format)).toEqual(['cast', 'bundle']);
    expect(offered(recording({}))).toEqual([]);
  });
  it('says who can read it, and that it is known who took it', () => {
    for (const format of ['cast', 'mp4', 'bundle'] as const) expect(leaving(format)).toContain('audit log, with your name');
    expect(leaving('mp4')).toContain('not encrypted any more');
    expect(leaving('bundle')).toContain('stays encrypted');
  });
  it('says why there is nothing', () => {
    const consent = { needed: true, asked: null, given: null };
    expect(whyNone(recording({ state: 'live', consent }))).toContain('when the session has ended');
    expect(whyNone(recording({ state: 'gone', consent }))).toContain('gone');
    expect(whyNone(recording({ consent }))).toContain('second person');
    expect(whyNone(recording({ consent: { ...consent, given: { by: 'ruth', until: '2026-01-01T00:00:00Z' } } }))).toBe(whyNone(recording({})));
    expect(whyNone(recording({ may_open: false, why_not: 'You were in it yourself.' }))).toBe('You were in it yourself.');
    expect(whyNone(recording({ may_open: false }))).not.toBe('');
  });
});

describe('the section', () => {
  const asked = vi.fn<typeof fetch>();
  const saved = vi.fn<(href: string, name: string) => void>();
  const answers = (status: number, body: unknown): unknown => asked.mockResolvedValueOnce(new Response(JSON.stringify(body), { status }));
  const press = async (): Promise<void> => {
    screen.getByRole('button', { name: 'Export…' }).click();
    await tick();
  };
  afterEach(cleanup);
  beforeEach(() => {
    factorFlow.cancel();
    asked.mockReset();
    vi.stubGlobal('fetch', asked);
    saved.mockReset();
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      saved(this.getAttribute('href') ?? '', this.download);
    });
  });

  it('leaves the file to the browser: one call for the ticket, none for what it opens', async () => {
    render(Export, { of: recording({ exports: ['mp4', 'bundle'] }) });
    await press();
    expect(factorFlow.asked).toMatchObject({ path: '/api/recordings/s%201/export', action: 'Export', body: { format: 'mp4' } });
    answers(200, { ticket: 'a/b', seconds: 30, name: 's1.mp4' });
    await factorFlow.withCode('123456');
    await vi.waitFor(() => expect(screen.getByRole('status').textContent).toContain('s1.mp4 is being written'));
    expect(saved.mock.calls).toEqual([['/api/exports/a%2Fb', 's1.mp4']]);
    expect(asked).toHaveBeenCalledTimes(1);
  });
  it('asks for what was chosen, and says what that gives away', async () => {
    render(Export, { of: recording({ exports: ['cast', 'bundle'] }) });
    screen.getByRole('radio', { name: /Evidence/ }).click();
    await press();
    expect(factorFlow.asked).toMatchObject({ body: { format: 'bundle' }, text: leaving('bundle') });
  });
  it('says what the server said, and saves nothing', async () => {
    render(Export, { of: recording({ exports: ['mp4'] }) });
    expect(screen.queryByRole('radio')).toBeNull();
    await press();
    answers(409, { detail: 'Two exports to video run already; try again when one of them is done.' });
    await factorFlow.withCode('123456');
    expect((await screen.findByRole('alert')).textContent).toContain('Two exports to video run already');
    expect(saved).not.toHaveBeenCalled();
  });
  it('does nothing when it is thought better of', async () => {
    render(Export, { of: recording({ exports: ['cast'] }) });
    await press();
    factorFlow.cancel();
    await tick();
    expect([saved.mock.calls.length, asked.mock.calls.length, screen.getByRole('status').textContent]).toEqual([0, 0, '']);
  });
  it('has no button where nothing is offered', () => {
    render(Export, { of: recording({ state: 'live' }) });
    expect(screen.queryByRole('button')).toBeNull();
    expect(document.body.textContent).toContain('when the session has ended');
  });
});
