// The nonce for <style> elements that a library makes (xterm's). The server puts a fresh one into each index.html.
export function cspNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
