// Styles go into files, never into <style> elements made by scripts: the CSP has no place for those.
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess({ style: false }),
  compilerOptions: { css: 'external', runes: true, cssHash: ({ hash, filename }) => `s${hash(filename ?? '').slice(0, 4)}` },
};
