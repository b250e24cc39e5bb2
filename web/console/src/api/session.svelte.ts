// Who is signed in here, and what the site is called. `me` is undefined until we know, null when nobody is. Signing out takes what is on the
// screen away at once, and goes on, over a reload too, until the server has heard of it: only then is one signed out.
import { get, post, setCsrf, whenSignedOut } from './client';
import { setServerTime } from '../lib/clock.svelte';
import type { Me, Page, Site } from './types';

const patience = 4000; // ms for one try to sign out
const every = 5000;
const unreached = 'Anteroom could not be reached: this browser is still signed in. Keep this page open: it goes on trying, and says when you are signed out.';
const kept = 'anteroom.leaving';

class Session {
  me = $state<Me | null | undefined>(undefined);
  site = $state<Site>({ name: 'Anteroom', help: '', zone: 'UTC' });
  // Why the sign-in page is shown, if not simply because nobody has signed in yet.
  farewell = $state('');
  // The browser's clock (ms) when silence, or the absolute limit, ends the session.
  idleEnds = $state(0);
  ends = $state(0);
  #leaving = ''; // the CSRF token of a session that is to end
  #attempt: AbortController | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    addEventListener('online', () => this.#leaving && void this.#endIt());
  }

  get zone(): string {
    return this.me?.zone || this.site.zone || 'UTC';
  }
  get help(): string {
    return this.me?.help || this.site.help;
  }
  may(page: Page): boolean {
    return this.me?.pages.includes(page) ?? false;
  }

  // A new Me: after signing in, or from GET /api/me.
  enter(me: Me): void {
    if (lastPerson !== '' && lastPerson !== me.person) drafts.clear();
    lastPerson = me.person;
    this.#left();
    setCsrf(me.csrf);
    setServerTime(me.now);
    this.extend(me.idle_seconds, me.seconds);
    this.farewell = '';
    this.me = me;
  }
  extend(idleSeconds: number, seconds: number): void {
    this.idleEnds = Date.now() + idleSeconds * 1000;
    this.ends = Date.now() + seconds * 1000;
  }
  leave(farewell: string): void {
    setCsrf('');
    this.farewell = farewell;
    this.me = null;
  }

  async begin(): Promise<void> {
    const site = get<Site>('/api/site', { within: 8000 }).then((site) => (this.site = site));
    const me = this.refresh();
    await Promise.allSettled([site, me]);
  }
  async refresh(): Promise<void> {
    try {
      const me = await get<Me>('/api/me', { quiet401: true, within: 8000 });
      if (this.#leaving === me.csrf) return; // it is being ended
      const leaving = recalled();
      if (!leaving || leaving !== (await tagOf(me.csrf).catch(() => ''))) return this.enter(me);
      this.leave(unreached);
      this.#leaving = me.csrf;
      await this.#endIt();
    } catch (error) {
      if ((error as { status?: number }).status !== 401) {
        if (this.me && recalled()) this.leave(unreached); // another tab was told to sign out
        throw error;
      }
      if (recalled()) this.#isOut();
      else if (this.me) this.leave('You were signed out. Sign in to come back to this page.');
      else this.me = null;
    }
  }
  async signOut(): Promise<void> {
    if (!this.me || this.#leaving) return;
    const csrf = (this.#leaving = this.me.csrf);
    drafts.clear();
    const tag = await tagOf(csrf).catch(() => '');
    if (this.#leaving !== csrf) return;
    remember(tag);
    await this.#endIt();
  }

  // One try; the next one follows by itself.
  async #endIt(): Promise<void> {
    clearTimeout(this.#later);
    this.#attempt?.abort();
    const attempt = (this.#attempt = new AbortController());
    const limit = setTimeout(() => attempt.abort(), patience);
    const status = await post('/api/sign-out', {}, { quiet401: true, csrf: this.#leaving, signal: attempt.signal }).then(
      () => 200,
      (error: { status?: number }) => error.status,
    );
    clearTimeout(limit);
    if (attempt !== this.#attempt) return;
    if (status === 200 || status === 401) this.#isOut();
    else if (status === 403) {
      // Somebody has signed in here since: that session is not ours to end.
      this.#left();
      this.leave('');
    } else {
      this.leave(unreached);
      this.#later = setTimeout(() => void this.#endIt(), every);
    }
  }
  #isOut(): void {
    this.#left();
    this.leave('You have signed out.');
  }
  #left(): void {
    clearTimeout(this.#later);
    this.#leaving = '';
    this.#attempt = undefined;
    remember('');
  }
}

// What may name a session without giving its secrets away. Rejects where the browser cannot hash.
export async function tagOf(csrf: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`anteroom ${csrf}`));
  return Array.from(new Uint8Array(hash, 0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// The session that is to end, for other tabs and for this page loaded anew. A browser that keeps nothing goes without.
function remember(tag: string): void {
  try {
    if (tag) localStorage.setItem(kept, tag);
    else localStorage.removeItem(kept);
  } catch {
    // It goes on for as long as this page stands.
  }
}
function recalled(): string {
  try {
    return localStorage.getItem(kept) ?? '';
  } catch {
    return '';
  }
}

export const session = new Session();

// What somebody was writing, kept in memory over an idle log-off, and dropped when another person signs in.
export const drafts = new Map<string, unknown>();
let lastPerson = '';

whenSignedOut(() => {
  if (session.me) session.leave('You were signed out. Sign in to come back to this page.');
  else session.me = null;
});
