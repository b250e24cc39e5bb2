// What the server says while a session is watched: keeps the notes, and hands text, sizes and pictures to the screen. There is no way
// back: nothing but the ticket is ever sent.
import type { WatchMessage } from '../../api/types';
import type { Frame } from './frame';

export interface Note {
  at: number; // milliseconds since the session began
  text: string;
}
export interface Watched {
  phase: 'connecting' | 'live' | 'ended' | 'lost';
  protocol: 'ssh' | 'rdp' | null;
  at: number; // of the newest message
  columns: number;
  rows: number;
  notes: Note[]; // the newest `mostNotes`
  dropped: number; // older notes that are shown no more
  sentence: string; // why it is over
}
export interface Screen {
  size(columns: number, rows: number): void;
  show(text: string): void;
  frame?(frame: Frame): void;
  pointer?(x: number, y: number, shown: boolean): void;
}

export const mostNotes = 500;
export const mostColumns = 500;
export const mostRows = 300;

export const notYet = (): Watched => ({ phase: 'connecting', protocol: null, at: 0, columns: 80, rows: 24, notes: [], dropped: 0, sentence: '' });

const within = (count: number, most: number): number => Math.min(most, Math.max(1, Math.floor(count)));

// Changes `watched`; text goes to the screen and is kept nowhere else. After the end nothing counts.
export function take(watched: Watched, message: WatchMessage | Frame, screen: Screen): void {
  if (watched.phase === 'ended' || watched.phase === 'lost') return;
  if ('at' in message) watched.at = Math.max(watched.at, message.at);
  switch (message.kind) {
    case 'begin':
      watched.phase = 'live';
      watched.protocol = message.protocol;
      return;
    case 'size':
      watched.columns = within(message.columns, mostColumns);
      watched.rows = within(message.rows, mostRows);
      screen.size(watched.columns, watched.rows);
      return;
    case 'show':
      screen.show(message.text);
      return;
    case 'frame':
      [watched.columns, watched.rows] = [message.screen.width, message.screen.height];
      screen.frame?.(message);
      return;
    case 'pointer':
      screen.pointer?.(message.x, message.y, message.shown);
      return;
    case 'note':
      watched.notes.push({ at: message.at, text: message.text });
      if (watched.notes.length > mostNotes) watched.dropped += watched.notes.splice(0, watched.notes.length - mostNotes).length;
      return;
    case 'end':
      watched.phase = 'ended';
      watched.sentence = message.sentence;
  }
}

// The line closed without a word. Before anything was shown, the ticket was refused or too old.
export function cut(watched: Watched): void {
  if (watched.phase === 'ended') return;
  watched.sentence = watched.phase === 'connecting'
    ? 'The session could not be shown: it may be over, or the permission to watch has run out.'
    : 'The connection was lost. The session may still be going on.';
  watched.phase = 'lost';
}

export { clockOf } from '../../lib/times';
