// Plays one recording, or a live session: a clock of its own, what is buffered ahead of it, and what is asked of the server. Knows neither
// page nor network: messages go in by take(), commands come out by `send`, and tick() moves it on. After a seek everything is void
// until the server has said that it sought; what comes before that is dropped.
import type { TimelineMoment, WatchCommand, WatchMessage } from '../../api/types';
import type { Frame } from '../Watch/frame';
import { mostColumns, mostRows } from '../Watch/stream';
import { gapsOf, lead, longEnough, skippedWords, type Activity } from './idle';
import { joined, partAt, together, whole, type Range } from './ranges';
import { before, behind } from './required';

export interface Stage {
  size(columns: number, rows: number): void;
  show(text: string): void;
  frame(frame: Frame): void;
  pointer(x: number, y: number, shown: boolean): void;
  clear(): void;
  busy(): boolean; // it cannot draw as fast as this
}
type Timed = Extract<WatchMessage, { kind: 'size' | 'show' | 'note' | 'pointer' | 'terminals' }> | Frame;
type Integrity = Extract<WatchMessage, { kind: 'integrity' }>;
type Hits = Extract<WatchMessage, { kind: 'hits' }>;

export const speeds = [0.25, 0.5, 1, 2, 4, 8, 16, 32] as const;
export const farAhead = 1e12; // what is wanted of a live session: all that comes
const longestStep = 250; // milliseconds: a page that stood still did not show anything
const ahead = 20_000;
const tooMuch = 48 << 20; // bytes of pictures that wait for their moment

export class Replayer {
  phase = $state<'connecting' | 'open' | 'closed'>('connecting');
  protocol = $state<'ssh' | 'rdp' | null>(null);
  live = $state(false);
  duration = $state(0);
  position = $state(0);
  upto = $state(0);
  playing = $state(false);
  following = $state(false); // live, as it comes
  waiting = $state(false); // for what is not here yet
  speed = $state(1);
  skipsIdle = $state(false);
  columns = $state(80);
  rows = $state(24);
  channels = $state.raw<number[]>([]); // the terminals that are known of
  channel = $state<number | null>(null); // the one that is shown
  required = $state.raw<number[]>([]); // moments that have to be watched, in order
  told = $state.raw<TimelineMoment[]>([]); // by the index
  activity = $state.raw<Activity>({ each: 1000, shown: [], typed: [] });
  indexed = $state(0); // up to there the index goes
  integrity = $state.raw<Integrity | null>(null);
  hits = $state.raw<Hits | null>(null);
  sentence = $state(''); // why it does not go on
  stuck = $state(false); // at a damaged piece: behind it there may be more
  said = $state(''); // over the picture, and for those who listen
  sayings = $state(0);
  fresh = $state.raw<Range[]>([]); // played here, and not yet in what the server says: a second old at most
  stage: Stage | null = null;

  #notes = $state.raw<TimelineMoment[]>([]);
  readonly moments = $derived([...this.told, ...this.#notes.filter(({ at, lane }) => at > this.indexed || lane === 'gap')].sort((a, b) => a.at - b.at));
  readonly gaps = $derived(gapsOf(this.activity, this.told, this.indexed, this.protocol ?? 'ssh', this.required));

  #queue: Timed[] = [];
  #head = 0;
  #held = 0; // bytes of pictures in the queue
  #last = 0;
  #wanted = 0;
  #edge = false; // live: all there is has been sent, and what stands still is still going on
  #seeks = 0;
  #searches = 0;
  #text = ''; // searched for
  #sought: number | null = null; // the seek that is not answered yet
  #then: number | null = null; // where to after that one
  #now = { at: 0, since: 0 }; // of a live session
  #stopped = false; // it has ended, though not all of it is here
  #from = -1; // what stood there when one came is not news
  #first: number | null; // the terminal of the address
  #tried = -1; // to go on there, behind what is damaged

  #send: (command: WatchCommand) => void;
  #start: number | null;
  #played: Range[] = [];
  #lately: Range[] = []; // told last: the answer may be on its way
  #shown = 0;

  // `start`: milliseconds; null: at the beginning, and of a live session at now. `terminal`: the one of several that is to be shown there.
  constructor(send: (command: WatchCommand) => void, start: number | null, terminal: number | null = null) {
    this.#first = terminal;
    this.#send = send;
    this.#start = start;
    this.position = start ?? 0;
  }

  take(message: WatchMessage | Frame): void {
    switch (message.kind) {
      case 'begin': return this.#begin(message);
      case 'sought': return this.#found(message);
      case 'timeline':
        this.told = message.moments;
        this.activity = message.activity;
        this.indexed = message.upto;
        if (!this.live) this.duration = Math.max(this.duration, message.upto);
        return;
      case 'hits':
        if (message.search === this.#searches) this.hits = message;
        return;
      case 'integrity':
        this.integrity = message;
        return;
      case 'end':
        this.sentence = message.sentence;
        this.stuck = !this.live;
        if (this.live) this.#ends(message.duration ?? Math.max(this.upto, this.#now.at));
        return;
      case 'terminals':
        this.#know(message.channels);
        if (message.opened === null || this.#sought !== null) return;
        break;
      default:
        if (this.#sought !== null) return; // void
    }
    if (message.kind === 'upto') {
      this.upto = Math.max(this.upto, message.at);
      this.#edge = this.live && message.at < this.#wanted;
      return;
    }
    this.upto = Math.max(this.upto, message.at);
    this.#queue.push(message);
    if (message.kind === 'frame') this.#held += message.packed.length;
    if (!this.live) this.duration = Math.max(this.duration, message.at);
  }

  #begin({ protocol, live, duration }: Extract<WatchMessage, { kind: 'begin' }>): void {
    this.phase = 'open';
    this.#find(); // who was quicker than the line
    [this.protocol, this.live, this.duration] = [protocol, live, duration];
    this.#now = { at: duration, since: this.#last };
    this.playing = true;
    if (live && this.#start === null) this.follow();
    else if (live || this.position > 0) this.seek(this.position);
    else this.#wantMore();
  }

  #know(channels: readonly number[]): void {
    if (channels.some((one) => !this.channels.includes(one))) this.channels = [...new Set([...this.channels, ...channels])].sort((a, b) => a - b);
  }
  #ends(length: number): void {
    this.duration = length;
    this.position = Math.min(this.position, length);
    this.live = this.following = false;
  }

  #found({ seek, at, channels, channel }: Extract<WatchMessage, { kind: 'sought' }>): void {
    // The same one again: where its index led nowhere, the server begins anew.
    if (seek !== this.#seeks) return;
    this.#sought = null;
    this.#know(channels);
    const first = this.#first;
    this.#first = null;
    if (first !== null && first !== channel && channels.length > 1 && channels.includes(first)) return this.look(first);
    if (this.#then !== null) {
      const to = this.#then;
      this.#then = null;
      return this.#jump(to);
    }
    this.channel = channel ?? this.channel;
    this.#from = at;
    this.#drop();
    this.stage?.clear();
    this.upto = Math.min(at, this.position);
  }

  // The connection is gone: what is here can still be played.
  cut(): void {
    if (this.phase === 'closed') return;
    if (this.sentence === '') {
      this.sentence = this.phase === 'connecting' ? 'It could not be shown: the permission for it was not taken, or Anteroom cannot be reached.' : 'The connection was lost.';
    }
    [this.phase, this.live, this.following, this.playing] = ['closed', false, false, false];
  }

  get end(): number {
    return this.live ? Math.max(this.duration, this.#now.at) : this.duration;
  }
  // How long what was recorded is, for what has to be watched of it; null: it is not known yet.
  get recorded(): number | null {
    return this.live ? Infinity : this.duration || null;
  }
  get ended(): boolean {
    return !this.live && this.phase !== 'connecting' && this.duration > 0 && this.position >= this.duration;
  }

  // The one that is shown, where there are several.
  get linked(): number | null {
    return this.channels.length > 1 ? this.channel : null;
  }

  // `channel`: what is to be seen there is in this terminal.
  seek(to: number, channel: number | null = null): void {
    if (this.phase === 'connecting') return; // how long it is is not known yet: the place of the link stays
    const there = Math.floor(Math.max(0, Math.min(to, this.end))); // whole milliseconds, as the server says them: what stands there is not later
    this.following = false;
    // A live session flows as it comes until the first seek.
    if (this.phase === 'closed' && (there < this.position || there > this.upto)) return this.say('Not connected: play it again to go there');
    const other = channel !== null && channel !== this.linked && this.channels.length > 1 && this.channels.includes(channel) && this.phase === 'open';
    if (other) this.#choose(channel);
    else if (there >= this.position && there <= this.upto && this.#sought === null && (this.#seeks > 0 || this.phase === 'closed')) {
      this.position = there;
      this.#apply();
      return;
    }
    this.#jump(there);
  }

  #jump(moment: number): void {
    const to = Math.floor(moment);
    if (this.phase === 'closed') return; // what is not here any more cannot be shown
    this.position = to;
    if (this.phase !== 'open') return;
    this.#drop();
    this.sentence = '';
    this.stuck = false;
    if (this.#sought !== null) {
      this.#then = to; // one at a time: the newest wins
      return;
    }
    this.#sought = ++this.#seeks;
    this.upto = this.#wanted = 0;
    this.#edge = false;
    this.#send({ seek: this.#sought, to });
    if (this.following) this.#want(farAhead);
    else this.#wantMore();
  }

  // To now, and on as it comes.
  follow(): void {
    if (!this.live) return;
    this.playing = this.following = true;
    this.#jump(this.end);
  }

  // The session has ended, one hears, after so long: it grows no more, though its end is not here yet.
  stop(length: number): void {
    if (!this.live || this.#stopped) return;
    this.#stopped = true;
    this.#now.at = this.duration = Math.max(this.upto, Math.min(this.#now.at, length));
  }

  // A seek passes over what is damaged at its place. Where even the length of that is not known, only a later place helps.
  goOn(): void {
    const at = Math.max(this.position, this.upto);
    this.#tried = at <= this.#tried ? at + 10_000 : at + 300; // behind all that was sent of the piece before it
    this.playing = true;
    this.following = false;
    this.#jump(Math.min(this.#tried, this.end));
  }

  play(): void {
    if (this.ended) this.seek(0);
    this.playing = true;
  }
  pause(): void {
    this.playing = false;
    if (this.following) this.seek(this.position);
  }
  #choose(channel: number): void {
    this.channel = channel;
    this.#send({ channel });
  }
  look(channel: number): void {
    if (this.phase !== 'open') return;
    this.#choose(channel);
    const follows = this.following;
    this.#jump(this.position);
    if (follows) this.follow();
  }
  search(text: string): void {
    this.hits = null;
    this.#searches += 1;
    this.#text = text;
    this.#find();
  }
  #find(): void {
    if (this.#text !== '' && this.phase === 'open') this.#send({ search: this.#searches, text: this.#text });
  }
  faster(step: 1 | -1): void {
    const at = speeds.findIndex((speed) => speed >= this.speed);
    this.speed = speeds[Math.max(0, Math.min(speeds.length - 1, at + step))] ?? 1;
  }

  say(what: string): void {
    this.said = what;
    this.sayings += 1;
  }

  // What was played since it was last asked. What could not be told is given back.
  takePlayed(): Range[] {
    const played = this.#played;
    this.#lately = whole(played);
    this.#played = [];
    return played;
  }
  giveBack(played: readonly Range[]): void {
    this.#played = together(played, this.#played);
  }

  // `now`: milliseconds of any clock. While nobody sees the page nothing plays.
  tick(now: number, seen: boolean): void {
    const passed = Math.max(0, Math.min(now - this.#last, longestStep));
    if (this.live) this.#now = { at: Math.max(this.upto, this.#now.at + (this.#last === 0 || this.#stopped ? 0 : now - this.#last)), since: now };
    this.#last = now;
    if (this.live) this.duration = this.#now.at;
    if (this.#sought !== null || this.phase === 'connecting') {
      this.waiting = true;
      return;
    }
    if (this.following) this.#keepUp(seen, passed);
    else if (this.playing && seen && !this.stage?.busy()) this.#advance(passed * this.speed);
    else this.waiting = this.position > this.upto && this.phase === 'open';
    this.#apply();
    if (!this.following) this.#wantMore();
    if (now - this.#shown > 1000) [this.fresh, this.#shown] = [together(this.#lately, whole(this.#played)), now];
  }

  #keepUp(seen: boolean, passed: number): void {
    const from = this.position;
    this.position = this.#now.at;
    this.waiting = false;
    // What was caught up with in one go was not watched.
    if (seen && this.position - from < passed + 1000) this.#played = joined(this.#played, from, this.position);
  }

  #advance(step: number): void {
    if (this.skipsIdle) this.#skip();
    const from = this.position;
    const last = this.#edge ? this.end : Math.min(this.upto, this.end);
    const to = Math.min(from + step, Math.max(from, last));
    this.waiting = from >= last && from < this.end && this.sentence === '';
    if (to > from) this.#played = joined(this.#played, from, to);
    this.position = to;
    if (this.live && !this.#stopped && to >= this.end - 1000) this.follow();
    else if (to >= this.end || (from >= last && this.sentence !== '')) {
      this.playing = false;
      this.say(this.sentence || 'The end');
    }
  }

  // Jumps over what is idle, as the index says it, or, where there is none (yet), as what is buffered does.
  #skip(): void {
    const from = this.position;
    const gap = from < this.indexed ? partAt(this.gaps, from) : this.#stillness();
    if (!gap) return;
    const to = gap[1] >= this.end ? this.end : gap[1] - lead;
    if (to - from < longEnough - lead) return;
    this.say(skippedWords(to - from));
    if (to > this.upto + 120_000) this.#jump(to);
    else this.position = to;
  }
  #stillness(): Range | null {
    const next = this.#queue[this.#head];
    let to = next ? next.at : this.#edge ? this.end : this.upto;
    const required = this.required.find((at) => Math.min(at, this.end) + behind > this.position);
    if (required !== undefined) to = Math.min(to, Math.min(required, this.end) - before);
    return to > this.position ? [this.position, to] : null;
  }

  #apply(): void {
    let text = '';
    const flush = (): void => {
      if (text !== '') this.stage?.show(text);
      text = '';
    };
    for (let it = this.#queue[this.#head]; it && it.at <= this.position && this.stage; it = this.#queue[++this.#head]) {
      if (it.kind === 'show') {
        if (it.channel !== this.channel) this.#turn(it.channel, it.at);
        text += it.text;
      } else {
        flush();
        this.#put(it);
      }
    }
    flush();
    if (this.#head > 4096 || this.#head === this.#queue.length) this.#queue.splice(0, this.#head), (this.#head = 0);
  }
  #put(it: Exclude<Timed, { kind: 'show' }>): void {
    if (it.kind === 'size') {
      this.columns = Math.min(mostColumns, Math.max(1, Math.floor(it.columns)));
      this.rows = Math.min(mostRows, Math.max(1, Math.floor(it.rows)));
      this.stage?.size(this.columns, this.rows);
    } else if (it.kind === 'frame') {
      this.#held -= it.packed.length;
      this.stage?.frame(it);
    } else if (it.kind === 'pointer') this.stage?.pointer(it.x, it.y, it.shown);
    else if (it.kind === 'note') this.#note(it);
    else if (it.at > this.#from) this.say(this.channels.length > 2 ? 'Another terminal is open' : 'A second terminal is open');
  }
  // The one that was shown has ended, and another speaks.
  #turn(channel: number, at: number): void {
    const was = this.channel;
    this.#know([channel]);
    this.channel = channel;
    if (was !== null && at > this.#from) this.say(`Terminal ${this.channels.indexOf(channel) + 1} is shown`);
  }
  #note({ at, channel, text }: Extract<Timed, { kind: 'note' }>): void {
    if (this.#notes.some((one) => one.at === at && one.text === text)) return;
    const lane = /refused/i.test(text) ? 'refusal' : /damaged/i.test(text) ? 'gap' : 'channel';
    if (lane === 'gap') this.say(text);
    this.#notes = [...this.#notes.slice(-999), { at, lane, channel, text, guess: false } as const].sort((a, b) => a.at - b.at);
  }
  #drop(): void {
    this.#queue = [];
    this.#head = this.#held = 0;
  }

  #wantMore(): void {
    const far = Math.max(ahead, this.speed * 6000);
    const all = Math.max(this.duration, 1);
    const to = this.live ? this.position + far : Math.min(this.position + far, all);
    const due = to - this.#wanted > far / 4 || (!this.live && to === all && to > this.#wanted);
    if (due && this.#held < tooMuch) this.#want(to);
  }
  #want(to: number): void {
    if (this.phase !== 'open') return;
    this.#wanted = Math.ceil(to);
    this.#send({ want: this.#wanted });
  }
}
