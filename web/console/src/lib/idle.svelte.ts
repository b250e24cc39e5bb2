// When a session ends: by silence, which input puts off, or by age, which nothing does. The server ends it; here we tell it of real
// input, warn a minute before either, and leave the page when it is over. Events, timers and the page's own requests are not input.
import { post } from '../api/client';
import { session } from '../api/session.svelte';
import type { Me } from '../api/types';
import { length } from './times';

const every = 20_000; // ms between two signs of life
const warnBefore = 60; // seconds

class Idle {
  warning = $state(false); // silence is about to end it: a question
  ending = $state(false); // age is: nothing to be asked
  left = $state(0); // seconds
}
export const idle = new Idle();

let sent = 0;
let pending: ReturnType<typeof setTimeout> | undefined;
let asking = false;
let asked = 0;
let last: Me | null = null; // who was signed in when it was last looked at

export function startIdle(): () => void {
  sent = asked = 0;
  last = null;
  asking = idle.warning = idle.ending = false;
  const kinds = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;
  for (const kind of kinds) addEventListener(kind, input, { capture: true, passive: true });
  const timer = setInterval(() => void look(), 1000);
  return () => {
    for (const kind of kinds) removeEventListener(kind, input, { capture: true });
    clearInterval(timer);
    clearTimeout(pending);
    pending = undefined;
    // Any other call may hear of the end first, and knows no reason.
    if (last && !session.me && left() <= 2 && session.farewell.startsWith('You were signed out. ')) session.farewell = over(last, byAge());
  };
}

// While the warning is up its buttons decide, not a stray movement.
export function input(event: Event): void {
  if (!event.isTrusted || !session.me || idle.warning || pending !== undefined) return;
  const wait = Math.max(0, sent + every - Date.now());
  pending = setTimeout(() => {
    pending = undefined;
    void active();
  }, wait);
}

export async function active(): Promise<void> {
  if (!session.me) return;
  sent = Date.now();
  try {
    const answer = await post<{ idle_seconds: number; seconds: number }>('/api/active');
    session.extend(answer.idle_seconds, answer.seconds);
    idle.warning = false;
  } catch {
    // Gone or unreachable: the client has said the former, and the clock goes on for the latter.
  }
}

export function stay(): void {
  void active();
}

export async function logOffNow(): Promise<void> {
  idle.warning = false;
  await session.signOut();
}

const left = (): number => Math.ceil((Math.min(session.idleEnds, session.ends) - Date.now()) / 1000);
// The server never says that silence may last beyond the end in any case: where both are one, that end is near.
const byAge = (): boolean => session.ends - session.idleEnds < 1000;

async function look(): Promise<void> {
  if (asking) return;
  const { me } = session;
  const before = me ? left() : Infinity;
  last = me ?? last;
  if (!me || before > warnBefore) {
    idle.warning = idle.ending = false;
    return;
  }
  const farewell = over(me, byAge());
  // Another tab of the same session may have been used: the server knows. It also knows when it is over.
  if ((!(idle.warning || idle.ending) || before <= 0) && Date.now() - asked > 5000) {
    asking = true;
    asked = Date.now();
    await session.refresh().catch(() => undefined);
    asking = false;
    if (!session.me) {
      // Long before its time it was ended by something else, which nobody told us.
      if (before <= 2) session.farewell = farewell;
      return;
    }
  }
  const now = left();
  idle.left = Math.max(0, now);
  idle.ending = now <= warnBefore && byAge();
  idle.warning = now <= warnBefore && !idle.ending;
  // Not reachable, and the time is up: what is on the screen goes all the same.
  if (now <= -5) session.leave(farewell);
}

function over(me: { idle_limit_seconds: number; enrolling: boolean }, age: boolean): string {
  const why = age ? 'because your time was up; input does not lengthen it' : `after ${length(me.idle_limit_seconds)} without input`;
  return `You were signed out ${why}. ${me.enrolling ? 'Begin again with your invitation: nothing was kept.' : 'Sign in to come back to this page.'}`;
}
