// Notices while the page is open: a toast that is read out, a number in the title, and, where the person chose so, a sound and
// the system's own notification. Texts say that something waits, never why.
import { events } from '../api/events.svelte';
import { session } from '../api/session.svelte';
import { setBadge } from '../routes.svelte';
import { chime } from './chime';

export interface Toast {
  id: number;
  text: string;
  href: string;
  action: string;
}
interface Choices {
  sound: boolean;
  system: boolean;
}

const kept = 'anteroom.notices';
const stays = 12_000; // ms

class Notices {
  shown = $state<Toast[]>([]);
  choices = $state<Choices>(read());
  #next = 1;

  say(text: string, link: { href: string; action: string } | null = null): void {
    const id = this.#next++;
    this.shown = [...this.shown.slice(-3), { id, text, href: link?.href ?? '', action: link?.action ?? '' }];
    setTimeout(() => this.drop(id), link ? stays * 2 : stays / 2);
  }
  drop(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  choose(change: Partial<Choices>): void {
    this.choices = { ...this.choices, ...change };
    try {
      localStorage.setItem(kept, JSON.stringify(this.choices));
    } catch {
      // Private windows may keep nothing: it holds for as long as the page is open.
    }
  }
  // True when the browser lets us. Asks, where it has not been asked.
  async chooseSystem(on: boolean): Promise<boolean> {
    const allowed = !on || (await permission());
    this.choose({ system: on && allowed });
    return allowed;
  }
}

function read(): Choices {
  try {
    const value = JSON.parse(localStorage.getItem(kept) ?? '{}') as Partial<Choices>;
    return { sound: value.sound === true, system: value.system === true };
  } catch {
    return { sound: false, system: false };
  }
}

async function permission(): Promise<boolean> {
  if (typeof Notification === 'undefined') return false;
  if (Notification.permission === 'default') return (await Notification.requestPermission()) === 'granted';
  return Notification.permission === 'granted';
}

export const notices = new Notices();

export function startNotices(): () => void {
  const off = events.on('request', (event) => {
    if (!event.fresh) return;
    const text = event.summary || 'A request waits for you.';
    const href = event.id === undefined ? '/approvals' : `/requests/${event.id}`;
    notices.say(text, { href, action: 'Look' });
    if (notices.choices.sound) chime();
    if (notices.choices.system && document.hidden) void systemNotice(text, String(event.id ?? ''));
  });
  const root = $effect.root(() => {
    $effect(() => setBadge(session.me ? events.waiting : 0));
  });
  return () => {
    off();
    root();
  };
}

async function systemNotice(text: string, tag: string): Promise<void> {
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
  const options = { body: text, tag: `request-${tag}`, icon: '/icon-192.png' };
  const worker = await navigator.serviceWorker?.getRegistration();
  if (worker) await worker.showNotification(session.site.name, options);
  else new Notification(session.site.name, options).onclick = () => window.focus();
}
