// Events: which things changed, never what they are. Pages subscribe to topics and ask anew. What brings them is a line (stream.ts).
import { session } from './session.svelte';
import type { EventData, EventTopic } from './types';

export type LinkState = 'off' | 'connecting' | 'open' | 'reconnecting' | 'offline';
export interface Line {
  readonly csrf: string; // of the session whose events it brings
  retry(): void;
  stop(): void;
}
type Listener = (event: EventData) => void;

const topics: EventTopic[] = ['request', 'session', 'recording', 'me', 'policy', 'people'];

export class Events {
  state = $state<LinkState>('off');
  // Requests that wait for me, as the last event told.
  waiting = $state(0);

  #line: Line | null = null;
  #listeners = new Map<EventTopic, Set<Listener>>();

  // For the session of now; the line of another one ends.
  start(open: (csrf: string, events: Events) => Line): void {
    const csrf = session.me?.csrf ?? '';
    if (this.#line?.csrf === csrf) return;
    const changed = this.#line !== null;
    this.stop();
    this.state = 'connecting';
    this.#line = open(csrf, this);
    if (changed) this.everythingChanged();
  }

  stop(): void {
    this.#line?.stop();
    this.#line = null;
    this.waiting = 0;
    this.state = 'off';
  }

  // The browser says it is back, or a call went through: don't wait for the timer.
  retry(): void {
    if (this.state === 'reconnecting' || this.state === 'offline') this.#line?.retry();
  }

  // The device says that it has no network: an open stream may notice only much later.
  lost(): void {
    if (this.state !== 'off') this.state = 'offline';
  }

  on(topic: EventTopic | EventTopic[], listener: Listener): () => void {
    const all = Array.isArray(topic) ? topic : [topic];
    for (const one of all) {
      const set = this.#listeners.get(one) ?? new Set<Listener>();
      this.#listeners.set(one, set.add(listener));
    }
    return () => all.forEach((one) => this.#listeners.get(one)?.delete(listener));
  }

  // ---- for the line

  take(data: string): void {
    let event: EventData;
    try {
      event = JSON.parse(data) as EventData;
    } catch {
      return;
    }
    const { waiting, missed = false } = event;
    if (missed) this.everythingChanged();
    if (typeof waiting === 'number') this.count(waiting, missed);
    this.#tell(event);
  }

  // Where events are missing, more than we knew of is news.
  count(waiting: number, missing: boolean): void {
    const more = waiting > this.waiting;
    this.waiting = waiting;
    if (more && missing) this.#tell({ topic: 'request', waiting, fresh: true, summary: waiting === 1 ? 'A request waits for you.' : `${waiting} requests wait for you.` });
  }

  everythingChanged(): void {
    for (const topic of topics) this.#tell({ topic });
  }

  #tell(event: EventData): void {
    for (const listener of [...(this.#listeners.get(event.topic) ?? [])]) listener(event);
  }
}

export const events = new Events();
