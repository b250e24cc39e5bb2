import { describe, expect, it } from 'vitest';
import { readMessage } from '../src/pages/Watch/message';
import { clockOf, cut, mostColumns, mostNotes, mostRows, notYet, take, type Screen } from '../src/pages/Watch/stream';

class Spy implements Screen {
  seen: string[] = [];
  size(columns: number, rows: number): void {
    this.seen.push(`${columns}x${rows}`);
  }
  show(text: string): void {
    this.seen.push(text);
  }
}

function after(...messages: object[]) {
  const watched = notYet();
  const screen = new Spy();
  for (const message of messages) {
    const read = readMessage(JSON.stringify(message));
    if (read) take(watched, read, screen);
  }
  return { watched, seen: screen.seen };
}
const begin = { kind: 'begin', id: 's1', protocol: 'ssh' };

describe('what is watched', () => {
  it('is shown in the order it came, sizes among the text', () => {
    const { watched, seen } = after(begin, { kind: 'size', at: 0, columns: 100, rows: 30 }, { kind: 'show', at: 5, channel: 0, text: 'a' }, { kind: 'size', at: 9, columns: 80, rows: 24 }, { kind: 'show', at: 12, channel: 0, text: 'b' });
    expect(seen).toEqual(['100x30', 'a', '80x24', 'b']);
    expect(watched).toMatchObject({ phase: 'live', protocol: 'ssh', at: 12, columns: 80, rows: 24 });
  });
  it('ends with the sentence of the server, and with nothing after it', () => {
    const { watched, seen } = after(begin, { kind: 'end', sentence: 'The person left.' }, { kind: 'show', at: 5, channel: 0, text: 'late' });
    expect(watched).toMatchObject({ phase: 'ended', sentence: 'The person left.' });
    expect(seen).toEqual([]);
  });
  it('never goes back in time', () => {
    const { watched } = after(begin, { kind: 'note', at: 900, channel: 0, text: 'x' }, { kind: 'note', at: 100, channel: 0, text: 'y' });
    expect(watched.at).toBe(900);
  });
  it('keeps the newest notes and counts the others', () => {
    const { watched } = after(begin, ...Array.from({ length: mostNotes + 3 }, (_, i) => ({ kind: 'note', at: i, channel: 0, text: `n${i}` })));
    expect(watched.notes.length).toBe(mostNotes);
    expect(watched.notes[0]?.text).toBe('n3');
    expect(watched.dropped).toBe(3);
  });
  it('takes no size that would break the page', () => {
    expect(after(begin, { kind: 'size', at: 0, columns: 1e9, rows: 0.5 }).seen).toEqual([`${mostColumns}x1`]);
    expect(after(begin, { kind: 'size', at: 0, columns: 0, rows: 1e9 }).seen).toEqual([`1x${mostRows}`]);
  });
});

describe('a message', () => {
  it.each([
    'no json', '[]', 'null', '"show"', '{}', '{"kind":"run","text":"x"}', '{"kind":"show","at":"0","channel":0,"text":"x"}', '{"kind":"show","at":0,"channel":0,"text":7}',
    '{"kind":"size","at":0,"columns":-1,"rows":3}', '{"kind":"size","at":0,"columns":null,"rows":3}', '{"kind":"begin","id":"x","protocol":"vnc"}', '{"kind":"end"}',
  ])('that is none is left out: %s', (text) => {
    expect(readMessage(text)).toBeNull();
  });
  it('is text, never bytes', () => {
    expect(readMessage(new ArrayBuffer(8))).toBeNull();
  });
});

describe('a connection that is cut', () => {
  it('before the beginning says that it could not be shown', () => {
    const watched = notYet();
    cut(watched);
    expect(watched.phase).toBe('lost');
    expect(watched.sentence).toContain('could not be shown');
  });
  it('later says that it was lost', () => {
    const { watched } = after(begin);
    cut(watched);
    expect(watched.sentence).toContain('connection was lost');
  });
  it('after the end changes nothing', () => {
    const { watched } = after(begin, { kind: 'end', sentence: 'Over.' });
    cut(watched);
    expect(watched).toMatchObject({ phase: 'ended', sentence: 'Over.' });
  });
});

describe('the clock of a session', () => {
  it.each([[0, '0:00'], [59_999, '0:59'], [60_000, '1:00'], [3_600_000, '1:00:00'], [36_061_000, '10:01:01']])('%d ms is %s', (ms, text) => {
    expect(clockOf(ms)).toBe(text);
  });
});
