// Of all tabs of a browser that share a name, one holds the turn; what it says, the others hear. The turn is a lock of the browser's, so it
// is free as soon as its tab is gone. A tab that is there and does not run (frozen behind a phone's lock screen) gives the turn up if it is
// told in time; else it answers no question, and a tab that is seen takes the turn from it.
export interface Tab<Word> {
  turn(waited: boolean): void; // it is this tab's; waited: others may have had it before
  over(): void; // it is not any more
  hear(word: Word): void;
  answer(): Word | null; // to a tab that asks what there is; null: better that it takes the turn
}
interface Message<Word> {
  word?: Word; // none: a question
  holder?: boolean;
}

const soon = 1000; // ms: who gets the turn at once was alone
const every = 5000; // ms between two questions of a tab that is seen
const patience = 2; // questions without an answer

export function tabsWork(): boolean {
  return typeof BroadcastChannel === 'function' && typeof navigator.locks?.request === 'function' && typeof crypto.subtle?.digest === 'function';
}

export class Tabs<Word> {
  holds = false;
  #channel: BroadcastChannel;
  #queued: AbortController | null = null; // the request for the lock that counts; none while the tab rests
  #release: (() => void) | undefined;
  #unanswered = 0;
  #began = Date.now();
  #stops: (() => void)[];

  constructor(
    readonly name: string,
    readonly tab: Tab<Word>,
  ) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Message<Word>>) => this.#heard(data);
    const timer = setInterval(() => this.#ask(), every);
    this.#stops = [
      () => clearInterval(timer),
      listen(document, 'visibilitychange', () => this.#ask()),
      listen(document, 'freeze', () => this.#rest()),
      listen(document, 'resume', () => this.#wake()),
      listen(window, 'pagehide', () => this.#rest()),
      listen(window, 'pageshow', () => this.#wake()),
    ];
    this.#wake();
  }

  say(word: Word): void {
    this.#channel.postMessage({ word, holder: this.holds });
  }

  leave(farewell?: Word): void {
    if (farewell) this.say(farewell);
    this.#stops.forEach((stop) => stop());
    this.#channel.close();
    this.holds = false;
    this.#unqueue();
  }

  #wake(): void {
    if (this.#queued) return;
    this.#queue();
    this.#ask();
  }
  #rest(): void {
    this.#unqueue();
    this.#lost();
  }
  #lost(): void {
    const held = this.holds;
    this.holds = false;
    if (held) this.tab.over();
  }
  #unqueue(): void {
    this.#queued?.abort();
    this.#queued = null;
    this.#release?.();
    this.#release = undefined;
  }

  #queue(steal = false): void {
    this.#unqueue();
    const mine = new AbortController();
    this.#queued = mine;
    const turn = (): Promise<void> | undefined => {
      if (this.#queued !== mine) return undefined;
      this.holds = true;
      this.#unanswered = 0;
      this.tab.turn(Date.now() - this.#began > soon);
      return new Promise((done) => (this.#release = done));
    };
    navigator.locks.request(this.name, steal ? { steal } : { signal: mine.signal }, turn).catch((error: DOMException) => {
      if (this.#queued !== mine) return;
      if (error.name !== 'AbortError') return void turn(); // no locks for this page: each for itself, then
      this.#lost(); // to one who thought that we do not run
      this.#queue();
    });
  }

  #ask(): void {
    if (this.holds || document.hidden || !this.#queued) return;
    if (this.#unanswered >= patience) {
      this.#unanswered = 0;
      this.#queue(true);
    } else {
      this.#unanswered += 1;
      this.#channel.postMessage({});
    }
  }

  #heard({ word, holder }: Message<Word>): void {
    if (holder) this.#unanswered = 0;
    if (word !== undefined) return this.tab.hear(word);
    const answer = this.holds ? this.tab.answer() : null;
    if (answer !== null) this.say(answer);
  }
}

function listen(to: Document | Window, kind: string, listener: () => void): () => void {
  to.addEventListener(kind, listener);
  return () => to.removeEventListener(kind, listener);
}
