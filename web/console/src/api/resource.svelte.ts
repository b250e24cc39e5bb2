// What a page shows: asked for once, and anew when an event says that it changed. Old data stays while new data is on its
// way, and stays, marked stale, when that does not arrive.
import { untrack } from 'svelte';
import { events } from './events.svelte';
import { ApiError, get, sentence } from './client';
import type { EventTopic } from './types';

export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  error = $state(''); // a sentence; with data, what is shown is old
  missing = $state(false); // 404 or 403: there is nothing to show here
  loading = $state(false);

  #ask: (signal: AbortSignal) => Promise<T>;
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ask: (signal: AbortSignal) => Promise<T>) {
    this.#ask = ask;
  }

  // Put in what a call has just answered. A question that it cuts off may have been asked later: it is asked again.
  set(data: T): void {
    const cut = this.loading;
    this.#abort?.abort();
    this.#put(data);
    if (cut) this.soon();
  }
  #put(data: T): void {
    this.loading = false;
    this.error = '';
    this.missing = false;
    this.data = data;
  }

  async load(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.loading = true;
    try {
      const data = await this.#ask(abort.signal);
      if (abort.signal.aborted) return;
      this.#put(data);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.loading = false;
      this.missing = error instanceof ApiError && (error.status === 404 || error.status === 403);
      if (this.missing) this.data = undefined;
      this.error = sentence(error);
    }
  }

  // Several events at once are one question.
  soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), 120);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }
}

// For a page: asks for `path()` now, again whenever the path changes and whenever one of `topics` does. Call it while the
// component is being set up.
export function resource<T>(path: () => string, topics: EventTopic[] = []): Resource<T> {
  let at = '';
  const made = new Resource<T>((signal) => get<T>(at, { signal, within: 30_000 }));
  $effect(() => {
    const next = path();
    if (next !== at) {
      if (at !== '') made.data = undefined;
      at = next;
    }
    if (at !== '') void made.load();
    const off = events.on(topics, () => made.soon());
    return () => {
      off();
      made.stop();
    };
  });
  // What could not be asked while the line was down.
  $effect(() => {
    if (events.state === 'open') untrack(() => made.error && !made.missing && made.soon());
  });
  return made;
}
