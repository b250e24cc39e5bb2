import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, Unreachable, get, post, sentence, setCsrf, whenReached, whenSignedOut } from '../src/api/client';

const asked = vi.fn<typeof fetch>();
function answers(status: number, body: unknown): void {
  asked.mockResolvedValueOnce(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }));
}
const lastCall = () => asked.mock.calls.at(-1)?.[1] as RequestInit & { headers: Record<string, string> };

beforeEach(() => {
  asked.mockReset();
  vi.stubGlobal('fetch', asked);
  setCsrf('');
  whenSignedOut(() => undefined);
  whenReached(() => undefined);
});

describe('a call', () => {
  it('gives back what the broker says', async () => {
    answers(200, { name: 'Anteroom' });
    await expect(get('/api/site')).resolves.toEqual({ name: 'Anteroom' });
  });
  it('carries the CSRF token with each POST, and never with a GET', async () => {
    setCsrf('token');
    answers(200, {});
    await post('/api/active');
    expect(lastCall().headers['X-Anteroom-CSRF']).toBe('token');
    expect(lastCall().body).toBe('{}');
    answers(200, {});
    await get('/api/me');
    expect(lastCall().headers['X-Anteroom-CSRF']).toBeUndefined();
    expect(lastCall().body).toBeUndefined();
  });
  it('carries If-Match as it was given, and stays on this site', async () => {
    answers(200, {});
    await post('/api/requests/4/approve', { seconds: 60 }, { ifMatch: '"4-1"' });
    expect(lastCall().headers['If-Match']).toBe('"4-1"');
    expect(lastCall().credentials).toBe('same-origin');
    expect(lastCall().redirect).toBe('error');
  });
  it('throws the problem with its own sentence', async () => {
    answers(409, { type: 'about:blank', title: 'Conflict', status: 409, detail: 'Ruth was first.', settled: { by: 'ruth', at: 'now', state: 'approved' } });
    const error = await get('/api/x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).problem.settled?.by).toBe('ruth');
    expect(sentence(error)).toBe('Ruth was first.');
  });
  it('makes a problem of an answer that is none', async () => {
    answers(502, '<html>Bad gateway</html>');
    const error = (await get('/api/x').catch((thrown: unknown) => thrown)) as ApiError;
    expect(error.status).toBe(502);
    expect(error.message).not.toContain('<html>');
  });
  it('does not take a page for an answer', async () => {
    answers(200, '<!doctype html>');
    const error = (await get('/api/x').catch((thrown: unknown) => thrown)) as ApiError;
    expect(error.status).toBe(502);
  });
  it('says that nothing was reached, and when something is again', async () => {
    const reached: boolean[] = [];
    whenReached((yes) => reached.push(yes));
    asked.mockRejectedValueOnce(new TypeError('Failed to fetch'));
    await expect(get('/api/x')).rejects.toBeInstanceOf(Unreachable);
    answers(200, {});
    await get('/api/x');
    expect(reached).toEqual([false, true]);
  });
  it('that was stopped is not taken for a broken connection', async () => {
    const stop = new AbortController();
    asked.mockImplementationOnce(() => {
      stop.abort();
      return Promise.reject(new DOMException('stopped', 'AbortError'));
    });
    await expect(get('/api/x', { signal: stop.signal })).rejects.not.toBeInstanceOf(Unreachable);
  });
  it('tells the shell of a 401, unless the caller deals with it', async () => {
    const out = vi.fn();
    whenSignedOut(out);
    answers(401, { detail: 'Nobody is signed in.' });
    await expect(get('/api/home')).rejects.toBeInstanceOf(ApiError);
    expect(out).toHaveBeenCalledTimes(1);
    answers(401, { detail: 'Wrong.' });
    await expect(post('/api/sign-in', {}, { quiet401: true })).rejects.toBeInstanceOf(ApiError);
    expect(out).toHaveBeenCalledTimes(1);
  });
  it('does not show the inside of a bug to people', () => {
    expect(sentence(new TypeError("undefined is not an object (evaluating 'a.b')"))).not.toContain('undefined');
  });
});
