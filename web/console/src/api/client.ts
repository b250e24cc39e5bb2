// Calls to the broker, through the web server. Each call ends in an answer, an ApiError (the broker's own sentence) or an
// Unreachable. A 401 that means "not signed in" is told to whoever asked to hear of it: the shell, which shows the sign-in
// page in place, so that the address and with it the place are kept.
import type { Problem } from './types';

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
  }
  get status(): number {
    return this.problem.status;
  }
}

export class Unreachable extends Error {
  constructor() {
    super('No connection to Anteroom.');
    this.name = 'Unreachable';
  }
}

export interface CallOptions {
  signal?: AbortSignal;
  within?: number; // ms: later than that it is unreachable
  ifMatch?: string;
  // The caller knows what a 401 means here (signing in, a fresh factor) and deals with it.
  quiet401?: boolean;
  keepalive?: boolean; // goes on when the page is left
  csrf?: string; // of a session that this page has left already
}

let csrf = '';
let onSignedOut: () => void = () => undefined;
let onReach: (reached: boolean) => void = () => undefined;

export function setCsrf(token: string): void {
  csrf = token;
}
export function whenSignedOut(tell: () => void): void {
  onSignedOut = tell;
}
export function whenReached(tell: (reached: boolean) => void): void {
  onReach = tell;
}

export function get<T>(path: string, options: CallOptions = {}): Promise<T> {
  return call<T>('GET', path, undefined, options);
}

export function post<T>(path: string, body: object = {}, options: CallOptions = {}): Promise<T> {
  return call<T>('POST', path, body, options);
}

async function call<T>(method: 'GET' | 'POST', path: string, body: object | undefined, options: CallOptions): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json, application/problem+json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const token = options.csrf ?? csrf;
  if (method === 'POST' && token) headers['X-Anteroom-CSRF'] = token;
  if (options.ifMatch !== undefined) headers['If-Match'] = options.ifMatch;
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error' };
  if (body !== undefined) init.body = JSON.stringify(body);
  const late = new AbortController();
  const limit = options.within === undefined ? undefined : setTimeout(() => late.abort(), options.within);
  options.signal?.addEventListener('abort', () => late.abort());
  init.signal = late.signal;
  if (options.keepalive) init.keepalive = true;

  let answer: Response;
  let text: string;
  try {
    answer = await fetch(path, init);
    text = await answer.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    onReach(false);
    throw new Unreachable();
  } finally {
    clearTimeout(limit);
  }
  onReach(true);
  const value = parsed(text);
  if (answer.ok && value !== undefined) return value as T;
  const problem = asProblem(value, answer);
  if (answer.status === 401 && !options.quiet401) onSignedOut();
  throw new ApiError(problem);
}

function parsed(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asProblem(value: unknown, answer: Response): Problem {
  const given = typeof value === 'object' && value !== null ? (value as Partial<Problem>) : {};
  const title = given.title ?? (answer.statusText || 'It did not work');
  const detail = given.detail ?? `Anteroom answered with ${answer.status}. Try again in a moment.`;
  return { type: 'about:blank', ...given, title, detail, status: answer.ok ? 502 : answer.status };
}

// What to show a person for whatever was thrown.
export function sentence(error: unknown): string {
  if (error instanceof ApiError || error instanceof Unreachable) return error.message;
  return 'Something in this page went wrong. Load it again.';
}
