// In which order live sessions are shown, and what is said of them.
import type { LiveSession } from '../../api/types';

// Emergencies first, then what was refused something, then the newest.
export function ordered(sessions: readonly LiveSession[]): LiveSession[] {
  const rank = (one: LiveSession): number => (one.emergency ? 0 : one.refusals > 0 ? 1 : 2);
  return [...sessions].sort((a, b) => rank(a) - rank(b) || b.since.localeCompare(a.since) || a.id.localeCompare(b.id));
}

export const placeOf = (one: LiveSession): string => `${one.target} as ${one.account}`;

// Since when nothing has come from it, for a clock that goes on; null where it is not known.
export function quietSince(one: LiveSession, told: number): number | null {
  return one.idle_seconds === null ? null : told - one.idle_seconds * 1000;
}

export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes / 1000, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? 'TB'}`;
}
