// The WebSocket of a replay: its ticket is the first message; then where to, and how far.
import type { WatchCommand, WatchMessage } from '../../api/types';
import { readFrame, type Frame } from '../Watch/frame';
import { watchAddress } from '../Watch/line';
import { readMessage } from '../Watch/message';

export interface Line {
  send(command: WatchCommand): void;
  leave(): void;
}

export function replayBy(ticket: string, take: (message: WatchMessage | Frame) => void, cut: () => void): Line {
  const socket = new WebSocket(watchAddress(location.href));
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => socket.send(JSON.stringify({ ticket }));
  socket.onmessage = (event: MessageEvent<unknown>) => {
    const message = readMessage(event.data) ?? readFrame(event.data);
    if (message) take(message);
  };
  socket.onclose = cut;
  return {
    send: (command) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
    },
    leave: () => {
      socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}
