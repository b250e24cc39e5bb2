import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, whenSignedOut } from '../src/api/client';
import { decide, factorFlow } from '../src/api/factor.svelte';

const asked = vi.fn<typeof fetch>();
function answers(status: number, body: unknown): void {
  asked.mockResolvedValueOnce(new Response(JSON.stringify(body), { status }));
}
function sent(call: number): { path: string; body: Record<string, unknown>; headers: Record<string, string> } {
  const [path, init] = asked.mock.calls[call] ?? [];
  return { path: String(path), body: JSON.parse(String(init?.body)) as Record<string, unknown>, headers: init?.headers as Record<string, string> };
}
const approval = { title: 'Approve 30 min', path: '/api/requests/4/approve', body: { seconds: 1800, confirmed: true }, ifMatch: '"4-1"' };

beforeEach(() => {
  factorFlow.cancel();
  asked.mockReset();
  vi.stubGlobal('fetch', asked);
  whenSignedOut(() => undefined);
});

describe('a decision with a code', () => {
  it('sends the body with the factor, and If-Match, and gives back the answer', async () => {
    const answer = decide(approval);
    answers(200, { id: 4 });
    await factorFlow.withCode('123456');
    await expect(answer).resolves.toEqual({ id: 4 });
    expect(sent(0)).toMatchObject({ path: approval.path, body: { seconds: 1800, confirmed: true, factor: { code: '123456' } } });
    expect(sent(0).headers['If-Match']).toBe('"4-1"');
    expect(factorFlow.asked).toBeNull();
  });
  it('stays open after a refused code, and says when the next one is good', async () => {
    const answer = decide(approval);
    answers(403, { detail: 'This code has been used; the next one is good in 17 s.', retry_seconds: 17 });
    await factorFlow.withCode('123456');
    expect(factorFlow.asked).not.toBeNull();
    expect(factorFlow.problem).toContain('has been used');
    expect(factorFlow.retryAt).toBeGreaterThan(Date.now());
    answers(200, { id: 4 });
    await factorFlow.withCode('654321');
    await expect(answer).resolves.toEqual({ id: 4 });
  });
  it('stays open when nothing was reached: it was not decided', async () => {
    void decide(approval);
    asked.mockRejectedValueOnce(new TypeError('Failed to fetch'));
    await factorFlow.withCode('123456');
    expect(factorFlow.asked).not.toBeNull();
    expect(factorFlow.problem).not.toBe('');
  });
  it('ends with who was first when the card is stale', async () => {
    const answer = decide(approval);
    answers(409, { detail: 'Already approved.', settled: { by: 'ruth', at: '2026-11-22T14:00:00Z', state: 'approved' } });
    await factorFlow.withCode('123456');
    const error = await answer.catch((thrown: unknown) => thrown);
    expect((error as ApiError).problem.settled?.by).toBe('ruth');
    expect(factorFlow.asked).toBeNull();
  });
  it('ends without an answer when the session is over', async () => {
    const out = vi.fn();
    whenSignedOut(out);
    const answer = decide(approval);
    answers(401, { detail: 'Nobody is signed in.' });
    await factorFlow.withCode('123456');
    await expect(answer).resolves.toBeNull();
    expect(out).toHaveBeenCalledOnce();
  });
  it('is null when the person thinks better of it, and nothing is sent', async () => {
    const answer = decide(approval);
    factorFlow.cancel();
    await expect(answer).resolves.toBeNull();
    expect(asked).not.toHaveBeenCalled();
  });
  it('that is on its way when the dialog is closed counts, and what came of it is told', async () => {
    let answered: (answer: Response) => void = () => undefined;
    asked.mockImplementationOnce(() => new Promise((done) => (answered = done)));
    const told = vi.fn();
    const answer = decide(approval).then(told);
    const trying = factorFlow.withCode('123456');
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
    factorFlow.cancel();
    expect(factorFlow.asked).toBeNull();
    await Promise.resolve();
    expect(told).not.toHaveBeenCalled();
    answered(new Response(JSON.stringify({ id: 4 })));
    await trying;
    await answer;
    expect(told).toHaveBeenCalledWith({ id: 4 });
  });
  it('that fails after the dialog was closed says so', async () => {
    let fails: (error: Error) => void = () => undefined;
    asked.mockImplementationOnce(() => new Promise((_, no) => (fails = no)));
    const answer = decide(approval).catch((error: Error) => error.message);
    const trying = factorFlow.withCode('123456');
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
    factorFlow.cancel();
    fails(new TypeError('Failed to fetch'));
    await trying;
    await expect(answer).resolves.toContain('No connection');
  });
  it('is told to nobody once the session is over', async () => {
    let answered: (answer: Response) => void = () => undefined;
    asked.mockImplementationOnce(() => new Promise((done) => (answered = done)));
    const answer = decide(approval);
    const trying = factorFlow.withCode('123456');
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
    factorFlow.forget();
    await expect(answer).resolves.toBeNull();
    answered(new Response(JSON.stringify({ id: 4 })));
    await trying;
    expect(factorFlow.asked).toBeNull();
  });
  it('gives way to the next one', async () => {
    const first = decide(approval);
    const second = decide({ ...approval, title: 'Deny' });
    await expect(first).resolves.toBeNull();
    expect(factorFlow.asked?.title).toBe('Deny');
    factorFlow.cancel();
    await second;
  });
});

describe('a decision with a passkey', () => {
  class FakeCredential {
    rawId = new Uint8Array([1]).buffer;
    response = {
      clientDataJSON: new Uint8Array([2]).buffer,
      authenticatorData: new Uint8Array([3]).buffer,
      signature: new Uint8Array([255, 254]).buffer,
      userHandle: null,
    };
  }
  const options = { nonce: 'n-1', challenge: 'AQID', rp_id: 'console.example', timeout_ms: 60000, allow: [{ id: 'AQ' }] };

  function browserWith(get: (options: CredentialRequestOptions) => Promise<unknown>): void {
    vi.stubGlobal('PublicKeyCredential', FakeCredential);
    vi.stubGlobal('navigator', { ...navigator, credentials: { get } });
  }

  it('asks for a challenge of the very call, and signs that', async () => {
    let signed: CredentialRequestOptions | undefined;
    browserWith((given) => {
      signed = given;
      return Promise.resolve(new FakeCredential());
    });
    const answer = decide(approval);
    answers(200, options);
    answers(200, { id: 4 });
    await factorFlow.withPasskey();
    await expect(answer).resolves.toEqual({ id: 4 });
    expect(sent(0)).toMatchObject({ path: '/api/factor/options', body: { method: 'POST', path: approval.path, if_match: '"4-1"', body: approval.body } });
    expect(signed?.publicKey?.userVerification).toBe('required');
    expect(new Uint8Array(signed?.publicKey?.challenge as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
    expect(sent(1).body.factor).toEqual({
      passkey: { nonce: 'n-1', id: 'AQ', client_data: 'Ag', authenticator_data: 'Aw', signature: '__4', user_handle: null },
    });
  });
  it('stays open, and sends nothing, when the person turns the browser down', async () => {
    browserWith(() => Promise.reject(new DOMException('no', 'NotAllowedError')));
    void decide(approval);
    answers(200, options);
    await factorFlow.withPasskey();
    expect(factorFlow.asked).not.toBeNull();
    expect(factorFlow.problem).toContain('not used');
    expect(asked).toHaveBeenCalledTimes(1);
  });
  it('that was cancelled while the browser asked decides nothing', async () => {
    let allow: (value: unknown) => void = () => undefined;
    const get = vi.fn(() => new Promise((done) => (allow = done)));
    browserWith(get);
    const answer = decide(approval);
    answers(200, options);
    const trying = factorFlow.withPasskey();
    await vi.waitFor(() => expect(get).toHaveBeenCalledTimes(1));
    factorFlow.cancel();
    await expect(answer).resolves.toBeNull();
    allow(new FakeCredential());
    await trying;
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
