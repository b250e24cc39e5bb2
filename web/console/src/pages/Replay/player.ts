// What is fetched when something is played, in one chunk; the terminal is another.
export { default as Player } from './Player.svelte';
export { default as Find } from './Find.svelte';
