// A fresh factor for one call. decide() asks for it in the one dialog that the shell holds, makes the call, and gives back
// its answer, or null when the person thought better of it. A refused factor (403) keeps the dialog open; whatever else goes
// wrong is thrown to the page.
import { ApiError, post, sentence } from './client';
import type { Factor, PasskeyRequest } from './types';

export interface Decision {
  title: string; // "Approve for 30 min"
  text?: string; // one sentence on what follows
  action?: string; // the button; default: the title
  danger?: boolean;
  path: string;
  body?: object; // without `factor`
  ifMatch?: string;
}

interface Asked extends Decision {
  done: (answer: unknown) => void;
  failed: (error: unknown) => void;
}

class FactorFlow {
  asked = $state.raw<Asked | null>(null);
  problem = $state('');
  help = $state('');
  retryAt = $state(0); // ms: no earlier than this
  busy = $state(false);
  #abort: AbortController | null = null;
  #sent: Asked | null = null; // its call is on its way: what comes of it is told, even if the dialog is closed

  ask(decision: Decision): Promise<unknown> {
    this.cancel();
    return new Promise((done, failed) => {
      this.#reset();
      this.asked = { ...decision, done, failed };
    });
  }

  cancel(): void {
    const asked = this.asked;
    this.#abort?.abort();
    this.#close();
    if (asked !== this.#sent) asked?.done(null);
  }
  // Of a session that is over: nothing of it is shown to whoever comes next, nor what comes of it.
  forget(): void {
    this.cancel();
    this.#sent?.done(null);
    this.#sent = null;
  }

  withCode(code: string): Promise<void> {
    return this.#try(async () => ({ code }));
  }

  withPasskey(): Promise<void> {
    return this.#try(async (asked, signal) => {
      const options = { method: 'POST', path: asked.path, if_match: asked.ifMatch ?? '', body: asked.body ?? {} };
      const [request, { usePasskey }] = await Promise.all([post<PasskeyRequest>('/api/factor/options', options, { signal }), import('./passkey')]);
      const assertion = await usePasskey(request, { signal });
      return assertion && { passkey: { nonce: request.nonce, ...assertion } };
    });
  }

  async #try(make: (asked: Asked, signal: AbortSignal) => Promise<Factor | null>): Promise<void> {
    const asked = this.asked;
    if (!asked || this.busy) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.busy = true;
    this.problem = '';
    this.help = '';
    try {
      const factor = await make(asked, abort.signal);
      if (abort.signal.aborted) return;
      if (factor === null) {
        this.problem = 'The passkey was not used. Try again, or use a code.';
        return;
      }
      this.#sent = asked;
      const answer = await call(asked, factor);
      if (this.asked === asked) this.#close();
      asked.done(answer);
    } catch (error) {
      if (!abort.signal.aborted) this.#failed(asked, error);
      else if (this.#sent === asked) asked.failed(error);
    } finally {
      if (this.#sent === asked) this.#sent = null;
      if (this.#abort === abort) this.busy = false;
    }
  }

  #failed(asked: Asked, error: unknown): void {
    const status = error instanceof ApiError ? error.status : 0;
    if (status === 401) {
      // The session is over; the shell has heard of it already.
      this.#close();
      asked.done(null);
    } else if (status === 403 || status === 429 || status === 0) {
      // A factor that was refused, or no connection: it can be tried again.
      this.problem = sentence(error);
      this.help = error instanceof ApiError ? (error.problem.help ?? '') : '';
      const wait = error instanceof ApiError ? (error.problem.retry_seconds ?? 0) : 0;
      this.retryAt = wait > 0 ? Date.now() + wait * 1000 : 0;
    } else {
      this.#close();
      asked.failed(error);
    }
  }

  #close(): void {
    this.asked = null;
    this.#reset();
  }
  #reset(): void {
    this.problem = '';
    this.help = '';
    this.retryAt = 0;
    this.busy = false;
  }
}

function call(asked: Asked, factor: Factor): Promise<unknown> {
  const options = asked.ifMatch === undefined ? {} : { ifMatch: asked.ifMatch };
  return post(asked.path, { ...asked.body, factor }, options);
}

export const factorFlow = new FactorFlow();

export async function decide<T>(decision: Decision): Promise<T | null> {
  return (await factorFlow.ask(decision)) as T | null;
}
