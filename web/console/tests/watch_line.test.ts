import { beforeEach, describe, expect, it, vi } from 'vitest';
import { watchAddress, watchBy } from '../src/pages/Watch/line';
import { notYet, type Screen } from '../src/pages/Watch/stream';

class FakeSocket {
  static last: FakeSocket;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: unknown[] = [];
  closed = false;
  constructor(readonly address: string) {
    FakeSocket.last = this;
  }
  send(data: unknown): void {
    this.sent.push(data);
  }
  close(): void {
    this.closed = true;
    this.onclose?.();
  }
  say(...messages: object[]): void {
    for (const message of messages) this.onmessage?.({ data: JSON.stringify(message) });
  }
}
const dark: Screen = { size: () => undefined, show: () => undefined };
const begin = { kind: 'begin', id: 's', protocol: 'ssh' };

beforeEach(() => {
  vi.stubGlobal('WebSocket', FakeSocket);
});

describe('the line of a watched session', () => {
  it('sends the ticket first, and never anything else', () => {
    watchBy('T1', notYet(), dark);
    const socket = FakeSocket.last;
    expect(socket.sent).toEqual([]);
    socket.onopen?.();
    socket.say(begin, { kind: 'show', at: 1, channel: 0, text: '\x1b[c\x1b[6n' }, { kind: 'note', at: 2, channel: 0, text: 'x' });
    expect(socket.sent).toEqual(['{"ticket":"T1"}']);
  });
  it('does not put the ticket into its address, where logs would keep it', () => {
    watchBy('T1', notYet(), dark);
    expect(FakeSocket.last.address).not.toContain('T1');
  });
  it('says when it is cut, and keeps quiet when we leave', () => {
    const cut = notYet();
    watchBy('T1', cut, dark);
    FakeSocket.last.say(begin);
    FakeSocket.last.close();
    expect(cut.phase).toBe('lost');

    const left = notYet();
    const line = watchBy('T2', left, dark);
    FakeSocket.last.say(begin);
    line.leave();
    expect(FakeSocket.last.closed).toBe(true);
    expect(left.phase).toBe('live');
  });
  it('is as safe as its page', () => {
    expect(watchAddress('https://console.example:8443/live/x?y#z')).toBe('wss://console.example:8443/api/watch');
    expect(watchAddress('http://localhost:5173/live/x')).toBe('ws://localhost:5173/api/watch');
  });
});
