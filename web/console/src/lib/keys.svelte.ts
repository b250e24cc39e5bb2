// Keys for those who keep their hands there: / searches, j and k move, ? helps, g goes. Pages mark what takes part:
// data-search on the field for /, data-item on what j and k move over (each focusable; Enter is the item's own).
import { session } from '../api/session.svelte';
import { navigate } from '../routes.svelte';
import type { Page } from '../api/types';

class Keys {
  help = $state(false);
  here = $state.raw<[key: string, does: string][]>([]); // of this page alone
}
export const keys = new Keys();

const goes: Record<string, [Page, string]> = { h: ['home', '/'], a: ['approvals', '/approvals'], l: ['live', '/live'], r: ['recordings', '/recordings'] };
let going = false;

export function startKeys(): () => void {
  document.addEventListener('keydown', pressed);
  return () => document.removeEventListener('keydown', pressed);
}

export function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select, [data-keys="own"], [data-keys="own"] *');
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !session.me || document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape' && event.target instanceof HTMLElement && event.target.matches('[data-search]')) event.target.blur();
  if (typing(event.target)) return;
  const go = goes[event.key];
  if (going && go) {
    going = false;
    if (session.may(go[0])) navigate(go[1]);
    return;
  }
  going = event.key === 'g';
  if (event.key === '/') {
    const field = document.querySelector<HTMLElement>('main [data-search]');
    if (!field) return;
    event.preventDefault();
    field.focus();
  } else if (event.key === '?') {
    keys.help = true;
  } else if (event.key === 'j' || event.key === 'k') {
    move(event.key === 'j' ? 1 : -1);
  }
}

export function move(step: 1 | -1): void {
  const items = [...document.querySelectorAll<HTMLElement>('main [data-item]')].filter((item) => item.offsetParent !== null || item === document.activeElement);
  if (items.length === 0) return;
  const at = items.findIndex((item) => item.contains(document.activeElement));
  const next = items[at < 0 ? (step > 0 ? 0 : items.length - 1) : Math.min(items.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}
