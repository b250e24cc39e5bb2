import { cleanup, render, screen } from '@testing-library/svelte';
import { tick, type Component } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { factorFlow } from '../src/api/factor.svelte';
import type { Emergency, LiveSession, PersonRow, Place, RecordingDetail } from '../src/api/types';
import { oneLine, wrongLine } from '../src/lib/reason';
import Case from '../src/pages/Breakglass/Case.svelte';
import Terminate from '../src/pages/Live/Terminate.svelte';
import Decide from '../src/pages/People/Decide.svelte';
import Notes from '../src/pages/Replay/Notes.svelte';
import SignOff from '../src/pages/Replay/SignOff.svelte';
import RequestForm from '../src/pages/RequestForm.svelte';
import BreakGlass from '../src/pages/parts/BreakGlass.svelte';
import Denial from '../src/pages/parts/Denial.svelte';

// As harmless() of base/bytes.cpp has it.
function shown(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code <= 0xdfff)) return false;
  if ((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f)) return false;
  return code !== 0xfeff && code !== 0x061c && !(code >= 0xe0000 && code <= 0xe007f);
}

describe('a reason', () => {
  it('is one line, however it was typed', () => {
    expect(oneLine('  left\n alone\tfor an\r\nhour\u2028now ')).toBe('left alone for an hour now');
    expect(oneLine(' \n\u200b ')).toBe('');
    expect(oneLine('a\u0007b\u0085c')).toBe('a b c');
    expect(oneLine('a\u202eb\ud800c')).toBe('abc');
    expect(oneLine('Über 🚑 größer')).toBe('Über 🚑 größer');
  });
  it('has no character that the server refuses, and loses none that it takes', () => {
    const wrong: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const kept = oneLine(`a${String.fromCodePoint(code)}b`);
      const right = shown(code) ? kept === `a${String.fromCodePoint(code)}b` || (/\s/.test(String.fromCodePoint(code)) && kept === 'a b') : kept === 'ab' || kept === 'a b';
      if (!right) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });
  it('is counted as the server counts it, in bytes', () => {
    expect(wrongLine('x'.repeat(500), 500)).toBe('');
    expect(wrongLine('x'.repeat(501), 500)).toBe('Too long by 1 character: please shorten it.');
    expect(wrongLine('ä'.repeat(250), 500)).toBe('');
    expect(wrongLine('ä'.repeat(300), 500)).toMatch(/^Too long by 100 characters: .*ä count more than once/);
    expect(wrongLine('🚑'.repeat(126), 500)).toContain('Too long by 4 ');
  });
  it('that is missing is asked for only where it is needed', () => {
    expect(wrongLine('', 500)).toBe('');
    expect(wrongLine('', 500, 'Please say why.')).toBe('Please say why.');
  });
});

const nothing = (): undefined => undefined;
const emergency = { request: 4, targets: ['mri-3'], person: 'clara', sessions: [], may_review: true, why_not: '', began: '2026-11-22T08:00:00Z' } as unknown as Emergency;
const place = { place: 'mri-3+root', target: 'mri-3', account: 'root' } as Place;
// What opens the form, its field, and its button; what is sent under which name, and how long it may be.
const forms: [string, () => Promise<void>, string, string, string, string, number][] = [
  ['break-glass', () => shownForm(BreakGlass, { places: [place] }, 'Break the glass…'), 'Why it cannot wait', 'Break the glass', '/api/break-glass', 'reason', 500],
  ['the end of a session', () => shownForm(Terminate, { of: { id: 's1', person: 'alice' } as LiveSession, onclose: nothing, ondone: nothing }), 'Reason', 'End session…', '/api/sessions/s1/terminate', 'reason', 500],
  ['disabling a person', () => shownForm(Decide, { what: 'disable', person: { name: 'eva' } as PersonRow, onclose: nothing, ondone: nothing }), 'Reason', 'Disable…', '/api/people/eva/disable', 'reason', 500],
  ['keeping a person', () => shownForm(Decide, { what: 'keep', person: { name: 'eva' } as PersonRow, onclose: nothing, ondone: nothing }), 'Note', 'Keep…', '/api/people/eva/keep', 'note', 2000],
  ['a sign-off', () => shownForm(SignOff, { of: { id: 'r1', sign_offs: [] } as unknown as RecordingDetail, may: true, changed: nothing }, 'Sign off…'), 'Note (optional)', 'Sign off…', '/api/recordings/r1/sign-off', 'note', 2000],
  ['a review', () => shownForm(Case, { one: emergency, ondone: nothing, onstale: nothing }, '', 'Justified'), 'Note', 'Record the review…', '/api/emergencies/4/review', 'note', 2000],
];

async function shownForm(It: unknown, props: Record<string, unknown>, opens = '', chosen = ''): Promise<void> {
  render(It as Component<Record<string, unknown>>, props);
  await tick();
  if (opens) press(opens);
  await tick();
  if (chosen) screen.getByLabelText<HTMLInputElement>(chosen).click();
  await tick();
}
function press(name: string): void {
  const all = screen.getAllByText(name, { selector: 'button', ignore: '[aria-hidden] *' });
  all.at(-1)?.click();
}
async function write(label: string, text: string): Promise<HTMLTextAreaElement> {
  const field = screen.getByLabelText<HTMLTextAreaElement>(label);
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await tick();
  return field;
}

describe.each(forms)('the form for %s', (_, open, label, button, path, name, most) => {
  afterEach(() => {
    factorFlow.cancel();
    cleanup();
  });
  it('makes one line of what was typed before it asks for a factor', async () => {
    await open();
    await write(label, ' The pump\nis silent\u0007, Ä\u200b ');
    press(button);
    await tick();
    expect(factorFlow.asked?.path).toBe(path);
    expect(factorFlow.asked?.body).toMatchObject({ [name]: 'The pump is silent , Ä' });
  });
  it('says how much too long it is, and asks for no factor', async () => {
    await open();
    const field = await write(label, 'ü'.repeat(most / 2 + 20));
    press(button);
    await tick();
    expect(factorFlow.asked).toBeNull();
    expect(document.getElementById(field.getAttribute('aria-describedby')?.split(' ').at(-1) ?? '')?.textContent).toContain('Too long by 40 characters');
    await write(label, 'ü'.repeat(most / 2));
    press(button);
    await tick();
    expect(factorFlow.asked?.path).toBe(path);
  });
});

describe('a denial', () => {
  afterEach(cleanup);
  it('gives a reason of one line that the server takes, or none', async () => {
    const ondeny = vi.fn();
    await shownForm(Denial, { open: true, who: 'Alice', onclose: nothing, ondeny });
    await write('Reason', 'ß'.repeat(251));
    press('Deny');
    await tick();
    expect(ondeny).not.toHaveBeenCalled();
    await write('Reason', 'Not now.\nCall us.');
    press('Deny');
    expect(ondeny).toHaveBeenCalledExactlyOnceWith('Not now. Call us.');
  });
});

describe('a request', () => {
  afterEach(cleanup);
  it('is sent with a reason and a ticket of one line each that the server takes, and not before', async () => {
    const form = { possible: true, max_seconds: 3600, unusual: [], approvers: [], capabilities: [], ticket: true, ticket_pattern: '' };
    const fetched = vi.fn<typeof fetch>().mockImplementation((path) => Promise.resolve(new Response(JSON.stringify(String(path).startsWith('/api/request-form') ? form : { id: 7 }))));
    const sent = (): unknown => fetched.mock.calls.filter(([path]) => path === '/api/requests').map(([, init]) => JSON.parse(String(init?.body)) as unknown);
    vi.stubGlobal('fetch', fetched);
    render(RequestForm, { place: 'ct-1+root' });
    await vi.waitFor(() => screen.getByLabelText('Reason'));
    await write('Reason', 'ö'.repeat(251));
    await write('Ticket', ' CHG\u200b-4\t ');
    press('Send request');
    await tick();
    screen.getByText(/^Too long by 2 characters/);
    await write('Reason', 'Coil\nfault');
    await write('Ticket', 'x'.repeat(65));
    press('Send request');
    await tick();
    screen.getByText(/^Too long by 1 character:/);
    expect(sent()).toEqual([]);
    await write('Ticket', ' CHG\u200b-4\t ');
    press('Send request');
    await vi.waitFor(() => expect(sent()).toMatchObject([{ reason: 'Coil fault', ticket: 'CHG-4' }]));
  });
});

describe('a note at a moment', () => {
  afterEach(cleanup);
  it('keeps its lines, loses what cannot be seen, and is no longer than the server takes', async () => {
    const fetched = vi.fn<typeof fetch>().mockImplementation(() => Promise.resolve(new Response('{}')));
    vi.stubGlobal('fetch', fetched);
    await shownForm(Notes, { of: { id: 'r1', notes: [] } as unknown as RecordingDetail, at: 4000, go: undefined, begin: nothing, close: nothing, changed: nothing });
    await write('At 0:04', '€'.repeat(667));
    press('Keep the note');
    await tick();
    screen.getByText(/^Too long by 1 character:/);
    expect(fetched).not.toHaveBeenCalled();
    await write('At 0:04', ' First\u200b this.\n\nThen\u0007 that. ');
    press('Keep the note');
    await vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(1));
    expect(JSON.parse(String(fetched.mock.calls[0]?.[1]?.body))).toEqual({ at: 4000, text: 'First this.\n\nThen that.' });
  });
});
