// Moments of a recording in words, and as the address has them (#t=723.4: seconds; #t=723.4&terminal=2 where there are several).
export { clockOf } from '../../lib/times';

// "1 h 2 min 3 s", for those who listen.
export function spokenAt(milliseconds: number): string {
  const all = Math.floor(milliseconds / 1000);
  const parts: [number, string][] = [[Math.floor(all / 3600), 'h'], [Math.floor(all / 60) % 60, 'min'], [all % 60, 's']];
  return parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ') || '0 s';
}

const link = /^#t=(\d{1,8}(?:\.\d{1,3})?)(?:&terminal=(\d{1,10}))?$/;

// Milliseconds, or null where the address names no moment.
export function momentOf(hash: string): number | null {
  const found = link.exec(hash);
  return found ? Math.round(Number(found[1]) * 1000) : null;
}
export function terminalOf(hash: string): number | null {
  const terminal = link.exec(hash)?.[2];
  return terminal === undefined ? null : Number(terminal);
}
export const hashOf = (milliseconds: number, terminal: number | null = null): string => `#t=${Math.floor(milliseconds / 100) / 10}${terminal === null ? '' : `&terminal=${terminal}`}`;

export const share = (part: number, whole: number): string => (whole > 0 ? `${Math.min(100, Math.floor((part / whole) * 100))} %` : '0 %');
