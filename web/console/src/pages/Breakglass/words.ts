// Words and order of break-glass reviews: pure.
import type { Emergency } from '../../api/types';
import type { Tone } from '../../lib/requests';

// The next deadline first; what has none comes last, the oldest of it first.
export function byDeadline(due: readonly Emergency[]): Emergency[] {
  return [...due].sort((a, b) => (a.due ?? '9').localeCompare(b.due ?? '9') || a.began.localeCompare(b.began));
}

export const unwatched = (one: Emergency): number => one.sessions.reduce((sum, { unwatched: left }) => sum + left, 0);

// Why it cannot be reviewed here and now; '' where it can.
export function hindrance(one: Emergency): string {
  if (!one.may_review) return one.why_not || 'You may see this, but not review it.';
  const left = unwatched(one);
  if (left > 0) return `${left === 1 ? 'One moment that must be seen is' : `${left} moments that must be seen are`} not watched yet: open the replays above.`;
  return '';
}

export const verdicts: readonly [Emergency['outcome'], string][] = [['justified', 'Justified'], ['partly', 'Justified in part'], ['unjustified', 'Not justified']];
export const verdictWord = (outcome: Emergency['outcome']): string => verdicts.find(([value]) => value === outcome)?.[1] ?? 'Not reviewed';
export const verdictKind = (outcome: Emergency['outcome']): Tone => (outcome === 'justified' ? 'good' : outcome === 'unjustified' ? 'bad' : 'warn');
