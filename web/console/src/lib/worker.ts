// Registers the service worker, which makes the console installable. Trusted Types want a policy for a script's address; this
// one lets exactly one address through. Its name stands in the CSP of web/: anteroom.
interface Policy {
  createScriptURL(address: string): unknown;
}
interface Factory {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string }): Policy;
}

const address = '/sw.js';

export function registerWorker(): void {
  if (!('serviceWorker' in navigator)) return;
  const types = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  const policy = types?.createPolicy('anteroom', {
    createScriptURL(asked) {
      if (asked === address) return asked;
      throw new TypeError('not the service worker');
    },
  });
  const trusted = (policy?.createScriptURL(address) ?? address) as string;
  navigator.serviceWorker.register(trusted, { scope: '/' }).catch(() => undefined); // the console works without it
}
