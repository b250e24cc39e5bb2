// One clock for all times on the page: ticks each second while the page is seen, and follows the server's time.
let skew = 0;

class Clock {
  // Milliseconds since 1970 by the server's clock.
  now = $state(Date.now());
  tick(): void {
    this.now = Date.now() + skew;
  }
}

export const clock = new Clock();

export function setServerTime(now: string): void {
  const server = Date.parse(now);
  if (!Number.isNaN(server)) skew = server - Date.now();
  clock.tick();
}

export function startClock(): () => void {
  const timer = setInterval(() => {
    if (!document.hidden) clock.tick();
  }, 1000);
  const shown = () => clock.tick();
  document.addEventListener('visibilitychange', shown);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', shown);
  };
}
