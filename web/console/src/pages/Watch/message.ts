// A message of the WebSocket, read as if a stranger had sent it: it carries what a target printed. What is no message of the contract is
// none; what is one has numbers that are times and sizes, and lists and texts of a length that a page can bear.
import type { TimelineMoment, WatchMessage } from '../../api/types';

export const mostMoments = 50_000;
export const mostHits = 1000;
export const longestText = 2000; // of one moment
export const mostBuckets = 200_000;

type Fields = Record<string, unknown>;
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isCountOrNone = (value: unknown): boolean => value === undefined || value === null || isCount(value);
const areCounts = (value: unknown): boolean => Array.isArray(value) && value.every(isCount);
const counts = (value: unknown, most: number): number[] => (Array.isArray(value) ? value.slice(0, most).map((one) => (isCount(one) ? one : 0)) : []);

const lanes: ReadonlySet<unknown> = new Set(['command', 'file', 'clipboard', 'forward', 'title', 'alert', 'warning', 'approval', 'refusal', 'note', 'gap', 'channel', 'shown']);

function moments(value: unknown, most: number): TimelineMoment[] | null {
  if (!Array.isArray(value)) return null;
  const read: TimelineMoment[] = [];
  for (const one of value.slice(0, most) as unknown[]) {
    if (!isObject(one) || !isCount(one['at']) || !isText(one['text']) || !lanes.has(one['lane'])) continue;
    const channel = isCount(one['channel']) ? one['channel'] : 0;
    read.push({ at: one['at'], lane: one['lane'] as TimelineMoment['lane'], channel, text: one['text'].slice(0, longestText), guess: one['guess'] === true });
  }
  return read.sort((a, b) => a.at - b.at);
}

function timeline(it: Fields): WatchMessage | null {
  const all = moments(it['moments'], mostMoments);
  const activity = it['activity'];
  if (!all || !isObject(activity) || !isCount(it['upto'])) return null;
  const each = isCount(activity['each']) && activity['each'] >= 1 ? activity['each'] : 1000;
  return {
    kind: 'timeline', moments: all, upto: it['upto'], whole: it['whole'] === true,
    activity: { each, shown: counts(activity['shown'], mostBuckets), typed: counts(activity['typed'], mostBuckets) },
  };
}

function checked(it: Fields): boolean {
  const timed = isCount(it['at']);
  switch (it['kind']) {
    case 'size':
      return timed && isCount(it['columns']) && isCount(it['rows']);
    case 'show':
      return timed && isText(it['text']) && isCount(it['channel']);
    case 'note':
      return timed && isText(it['text']);
    case 'pointer':
      return timed && isCount(it['x']) && isCount(it['y']) && isFlag(it['shown']);
    case 'sought':
      return timed && isCount(it['seek']) && areCounts(it['channels']) && isCountOrNone(it['channel']);
    case 'terminals':
      return timed && areCounts(it['channels']) && isCountOrNone(it['opened']);
    case 'upto':
      return timed;
    case 'integrity':
      return ['checking', 'intact', 'broken', 'unsealed'].includes(String(it['state'])) && isCount(it['pieces']) && isCount(it['checked']) && isText(it['sentence']);
    case 'end':
      return isText(it['sentence']) && isCountOrNone(it['duration']);
    default:
      return false;
  }
}

// None for what is no message of the contract.
export function readMessage(data: unknown): WatchMessage | null {
  if (typeof data !== 'string') return null;
  let it: unknown;
  try {
    it = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isObject(it)) return null;
  if (it['kind'] === 'timeline') return timeline(it);
  if (it['kind'] === 'begin') {
    if (!isText(it['id']) || (it['protocol'] !== 'ssh' && it['protocol'] !== 'rdp')) return null;
    return { kind: 'begin', id: it['id'], protocol: it['protocol'], live: it['live'] !== false, duration: isCount(it['duration']) ? it['duration'] : 0 };
  }
  if (it['kind'] === 'hits') {
    const hits = moments(it['hits'], mostHits);
    return hits && isCount(it['search']) ? { kind: 'hits', search: it['search'], hits, more: it['more'] === true, indexed: it['indexed'] === true } : null;
  }
  return checked(it) ? (it as unknown as WatchMessage) : null;
}
