// Times and lengths in words: pure, so that they can be tested. Exact times carry date and offset of the site's zone.

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  const kept = formats.get(zone);
  if (kept) return kept;
  const options: Intl.DateTimeFormatOptions = {
    weekday: 'short', year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset',
  };
  let made: Intl.DateTimeFormat;
  try {
    made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone });
  } catch {
    made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
  }
  formats.set(zone, made);
  return made;
}

interface Parts {
  date: string; // "Sun 22 Nov"
  year: string;
  clock: string; // "08:01"
  second: string;
  offset: string; // "-06:00"
}

function parts(ms: number, zone: string): Parts {
  const by: Record<string, string> = {};
  for (const part of format(zone).formatToParts(ms)) by[part.type] = part.value;
  const offset = (by.timeZoneName ?? '').replace(/^(GMT|UTC)/, '').replace('\u2212', '-') || '+00:00';
  const date = `${by.weekday} ${by.day} ${by.month}`;
  return { date, year: by.year ?? '', clock: `${by.hour}:${by.minute}`, second: by.second ?? '00', offset };
}

// "08:01 -06:00" for today, "Sun 22 Nov, 08:01 -06:00" else, with the year when it is another one.
export function exact(time: string, zone: string, now: number, seconds = false): string {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return time;
  const at = parts(ms, zone);
  const today = parts(now, zone);
  const clock = `${at.clock}${seconds ? `:${at.second}` : ''} ${at.offset}`;
  if (at.date === today.date && at.year === today.year) return clock;
  return at.year === today.year ? `${at.date}, ${clock}` : `${at.date} ${at.year}, ${clock}`;
}

// Always with the date and the year: for tables of records and for what is printed.
export function full(time: string, zone: string, seconds = false): string {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return time;
  const at = parts(ms, zone);
  return `${at.date} ${at.year}, ${at.clock}${seconds ? `:${at.second}` : ''} ${at.offset}`;
}

// "in 5 min", "3 h ago", "just now"
export function relative(time: string, now: number): string {
  const ms = Date.parse(time) - now;
  if (Number.isNaN(ms)) return '';
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 10) return ms > 0 ? 'in a moment' : 'just now';
  const words = coarse(seconds);
  return ms > 0 ? `in ${words}` : `${words} ago`;
}

function coarse(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 >= 1 && hours < 6 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

// A length: "30 min", "1 h 30 min", "2 days", "45 s"
export function length(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const days = Math.floor(whole / 86400);
  const hours = Math.floor((whole % 86400) / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  const words: string[] = [];
  if (days) words.push(days === 1 ? '1 day' : `${days} days`);
  if (hours) words.push(`${hours} h`);
  if (minutes) words.push(`${minutes} min`);
  if (rest && !days && !hours) words.push(`${rest} s`);
  return words.join(' ');
}

// For countdowns: "1:02:09", "4:05"
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const tail = `${hours ? two(Math.floor((whole % 3600) / 60)) : Math.floor(whole / 60)}:${two(whole % 60)}`;
  return hours ? `${hours}:${tail}` : tail;
}

// "1:02:03" since a session began.
export function clockOf(milliseconds: number): string {
  const all = Math.floor(milliseconds / 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

// What a screen reader says of a countdown: changes each minute, and in the last minute not at all.
export function spoken(seconds: number): string {
  if (seconds <= 0) return 'over';
  if (seconds < 60) return 'less than a minute left';
  return `${length(Math.floor(seconds / 60) * 60)} left`;
}

// "2026-11-22T08:00", as a date field gives it, read in the site's zone. Null when it is no time. In the hour that a change
// of the clocks leaves out, the later reading is taken.
export function fromLocal(local: string, zone: string): string | null {
  const guess = Date.parse(`${local}Z`);
  if (Number.isNaN(guess)) return null;
  let ms = guess;
  for (let i = 0; i < 2; i++) ms = guess - offsetOf(ms, zone);
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

// The other way, for the field's first value.
export function toLocal(ms: number, zone: string): string {
  return new Date(ms + offsetOf(ms, zone)).toISOString().slice(0, 16);
}

function offsetOf(ms: number, zone: string): number {
  const found = /^([+-])(\d\d):(\d\d)$/.exec(parts(ms, zone).offset);
  if (!found) return 0;
  return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) * 60_000;
}
