// The stream of events of one session. A browser has one, however many of its tabs are open (it has six connections for all of them): the tab
// whose turn it is holds it, and tells the others. Each stream goes on behind the last event that this page knows of, at first the one that Me
// names: a page asks for what it shows before its stream is open. EventSource sends Last-Event-ID when it reconnects by itself. A stream is
// opened with the cookie of now: where that may be another session's, what comes waits until we know.
import { session, tagOf } from './session.svelte';
import { Tabs, tabsWork, type Tab } from './tabs';
import type { Events, Line } from './events.svelte';

// What tabs tell each other. `last`: the id of the last event, by which a tab sees that it did not hear all.
interface Word {
  data?: string; // an event, as it came
  state?: Events['state'];
  waiting?: number;
  last?: number;
  retry?: boolean; // to whoever holds the stream
  over?: boolean; // the session is
}

const firstWait = 1000;
const longestWait = 30_000;
const opensWithin = 3000; // ms: no sooner is another begun in its place

export class Stream implements Line, Tab<Word> {
  #source: EventSource | null = null;
  #opened = 0; // when, by the browser's clock
  #tabs: Tabs<Word> | null = null;
  #stopped = false;
  #wait = firstWait;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #doubt = false; // the cookie of now may be another session's
  #held: MessageEvent<string>[] | null = null; // what comes until that is known
  #last = session.me?.event ?? 0;

  constructor(
    readonly csrf: string,
    readonly events: Events,
  ) {
    if (tabsWork()) void this.#join();
    else this.#open();
  }

  // The name says which session, and gives none of its secrets away.
  async #join(): Promise<void> {
    try {
      const tag = await tagOf(this.csrf);
      if (this.#stopped) return;
      this.#close(); // of a retry meanwhile
      this.#tabs = new Tabs<Word>(`anteroom.events.${tag}`, this);
    } catch {
      if (!this.#stopped) this.#open();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#close();
    // A little later: while a page is taken down, Svelte shows its state as it was before.
    const tabs = this.#tabs;
    queueMicrotask(() => tabs?.leave(this.#mine() ? undefined : { over: true }));
  }

  retry(): void {
    if (this.#tabs && !this.#tabs.holds) return this.#tabs.say({ retry: true });
    if (this.#source && this.events.state !== 'offline' && Date.now() - this.#opened < opensWithin) return;
    this.#close();
    this.#doubt = true;
    this.#shows('reconnecting');
    this.#open();
  }

  // ---- among the tabs

  turn(waited: boolean): void {
    if (this.#stopped) return;
    this.#doubt = waited;
    this.#open();
  }
  over(): void {
    this.#close();
  }
  // A tab that nobody sees and whose stream is broken leaves it to one that is seen: its timers may be slow.
  answer(): Word | null {
    const { state, waiting } = this.events;
    return document.hidden && state !== 'open' ? null : { state, waiting, last: this.#last };
  }
  hear(word: Word): void {
    if (word.over) return void session.refresh().catch(() => undefined);
    if (this.#tabs?.holds) return word.retry ? this.events.retry() : undefined;
    if (word.data !== undefined) this.#take(word.data, word.last ?? 0);
    if (word.state !== undefined) this.events.state = word.state;
    if (word.state === undefined || word.last === undefined) return;
    const unheard = word.last > this.#last;
    this.#last = Math.max(word.last, this.#last);
    if (unheard) this.events.everythingChanged();
    if (word.waiting !== undefined) this.events.count(word.waiting, unheard);
  }

  // ---- the stream

  #open(): void {
    const source = new EventSource(`/api/events?after=${this.#last}`);
    this.#source = source;
    this.#opened = Date.now();
    source.onopen = () => {
      this.#wait = firstWait;
      this.#shows('open');
      if (this.#doubt) void this.#verify(source);
      else this.#goesOn();
    };
    source.onmessage = (message: MessageEvent<string>) => {
      if (this.#held) this.#held.push(message);
      else this.#pass(message);
    };
    source.onerror = () => this.#broken(source);
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#held = null;
  }

  // Of another session: whoever shows its pages begins its stream, and what came of it is not for us.
  async #verify(source: EventSource): Promise<void> {
    this.#held = [];
    const known = await session.refresh().then(
      () => true,
      () => false,
    );
    if (source !== this.#source) return;
    if (!known) this.#again();
    else if (this.#mine()) this.#goesOn();
  }
  #mine(): boolean {
    return session.me?.csrf === this.csrf;
  }

  #goesOn(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.#doubt = false;
    held.forEach((message) => this.#pass(message));
  }

  #pass({ data, lastEventId }: MessageEvent<string>): void {
    const last = Number(lastEventId);
    this.#tabs?.say({ data, last });
    this.#take(data, last);
  }
  #take(data: string, last: number): void {
    if (last > 0) this.#last = last;
    this.events.take(data);
  }

  #broken(source: EventSource): void {
    if (source !== this.#source) return;
    this.#doubt = true;
    if (source.readyState === EventSource.CLOSED) this.#again();
    else this.#shows(broken()); // it tries again by itself, with Last-Event-ID
  }

  // A stream that is refused may mean that the session is over: asking who I am tells, and the shell stops us then.
  #again(): void {
    this.#close();
    this.#shows(broken());
    this.#timer = setTimeout(async () => {
      await session.refresh().catch(() => undefined);
      if (this.#stopped || this.#source || !this.#mine() || this.#tabs?.holds === false) return;
      this.#doubt = false;
      this.#open();
    }, this.#wait + Math.random() * 500);
    this.#wait = Math.min(this.#wait * 2, longestWait);
  }

  // The other tabs show the same.
  #shows(state: Events['state']): void {
    this.events.state = state;
    this.#tabs?.say({ state });
  }
}

const broken = (): Events['state'] => (navigator.onLine === false ? 'offline' : 'reconnecting');
