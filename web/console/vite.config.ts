// Builds the console: hashed files under assets/, one chunk a page, and beside each text file its .br and .gz.
// CONSOLE_OUT names the folder that is written (default dist).
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { precompress } from './scripts/precompress.mjs';
import { serviceWorker } from './scripts/service-worker.mjs';
import { smallIcons } from './scripts/small-icons.mjs';
import { smallXterm } from './scripts/small-xterm.mjs';

const out = process.env.CONSOLE_OUT ?? 'dist';
// What is loaded together is one file, not a dozen of half a kilobyte: what everything needs, what whoever is signed in needs, and what
// most pages share. The rest goes where it is used.
const together: [name: string, modules: RegExp][] = [
  ['style', /\/src\/styles\/base\.css/],
  ['base', /\/node_modules\/(svelte|clsx)\/|\/src\/(ui\/(Button|Icon)\.svelte|shell\/Mark\.svelte|api\/(client|session\.svelte|events\.svelte|bytes)\.ts|lib\/(clock\.svelte|theme)\.ts)/],
  ['Shell', /\/src\/(shell\/(Shell|Header|Navigation|PageHost)\.svelte|lib\/(keys\.svelte|notices\.svelte|idle\.svelte|times)\.ts|api\/factor\.svelte\.ts)|\/icons\/(house|inbox|activity|film|siren|scroll-text|scale|users|key-round|ellipsis|log-out|wifi-off)\./],
  ['forms', /\/src\/ui\/(Field|CodeField|Notice)\.svelte|\/icons\/(info|circle-check|triangle-alert|octagon-alert)\./],
  ['shared', /\/src\/(ui\/(State|Empty|Skeleton|Badge|TimeText|Countdown|Chips|Dialog)\.svelte|api\/resource\.svelte\.ts|lib\/(requests|reason)\.ts|pages\/Live\/order\.ts)/],
  ['watching', /\/src\/pages\/Watch\/(stream|message|frame|line|fit|desktop|Desktop|Terminal|Notes)\b(?!.*\bterminal\.ts)/],
  ['recorded', /\/src\/pages\/(Recordings\/rows|Audit\/filter)\./],
  ['people', /\/src\/pages\/(People\/(find|Marks)|Policy\/Verdict)\b/],
];

export default defineConfig(({ mode }) => ({
  plugins: [smallIcons(), smallXterm(), svelte(), serviceWorker(), precompress()],
  // The server puts a fresh nonce in for each response; xterm needs one for its <style>.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: out,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // no data: URLs: the CSP has no place for them
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: { index: 'index.html', offline: 'offline.html' },
      output: {
        entryFileNames: 'assets/[name]-[hash:6].js',
        chunkFileNames: 'assets/[name]-[hash:6].js',
        assetFileNames: 'assets/[name]-[hash:6][extname]',
        manualChunks: (id) => together.find(([, modules]) => modules.test(id))?.[0],
        onlyExplicitManualChunks: true,
      },
    },
  },
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    restoreMocks: true,
    setupFiles: ['tests/patience.ts'],
    testTimeout: 60_000, // a machine that has more to do
    hookTimeout: 60_000,
  },
}));
