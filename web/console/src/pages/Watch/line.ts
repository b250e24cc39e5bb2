// The WebSocket of one watched session: its ticket is the first message and the only one that is ever sent.
import { readFrame } from './frame';
import { readMessage } from './message';
import { cut, take, type Screen, type Watched } from './stream';

export interface Line {
  leave(): void;
}

export function watchAddress(page: string): string {
  const url = new URL('/api/watch', page);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  return url.href;
}

export function watchBy(ticket: string, watched: Watched, screen: Screen): Line {
  const socket = new WebSocket(watchAddress(location.href));
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => socket.send(JSON.stringify({ ticket }));
  socket.onmessage = (event: MessageEvent<unknown>) => {
    const message = readMessage(event.data) ?? readFrame(event.data);
    if (message) take(watched, message, screen);
  };
  socket.onclose = () => cut(watched);
  return {
    leave: () => {
      socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}
