// Who is found by what is typed, and who should be looked at: the access review's part of the list.
import type { PersonRow } from '../../api/types';

export type Which = 'all' | 'due' | 'vendors' | 'disabled';
const day = 86_400_000;
export const reviewEvery = 90 * day;

const folded = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

// Each word has to be somewhere: "acme vera".
export function matches(person: PersonRow, typed: string): boolean {
  const hay = folded([person.name, person.display_name, person.email, person.vendor, person.mark, ...person.groups].join(' '));
  return folded(typed).split(/\s+/).every((word) => hay.includes(word));
}

// Somebody who may still come in and whom nobody has looked at for a quarter.
export function isDue(person: PersonRow, now: number): boolean {
  if (person.disabled || isOver(person, now)) return false;
  return person.reviewed === null || now - Date.parse(person.reviewed.at) > reviewEvery;
}

export const isOver = (person: PersonRow, now: number): boolean => person.expires !== null && Date.parse(person.expires) <= now;

export function isIn(person: PersonRow, which: Which, now: number): boolean {
  switch (which) {
    case 'all': return true;
    case 'due': return isDue(person, now);
    case 'vendors': return person.vendor !== '';
    case 'disabled': return person.disabled || isOver(person, now);
  }
}

export const found = (people: readonly PersonRow[], typed: string, which: Which, now: number): PersonRow[] =>
  people.filter((person) => isIn(person, which, now) && matches(person, typed));

// "password, codes, 2 passkeys, 1 SSH key"
export function factorWords(factors: PersonRow['factors']): string {
  const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;
  const words: string[] = [];
  if (factors.password) words.push('password');
  if (factors.codes) words.push('codes');
  if (factors.passkeys > 0) words.push(count(factors.passkeys, 'passkey'));
  if (factors.keys > 0) words.push(count(factors.keys, 'SSH key'));
  return words.length > 0 ? words.join(', ') : 'none yet';
}
