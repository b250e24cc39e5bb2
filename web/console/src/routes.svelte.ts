// The console's own small router: the address bar is the state. A page is a chunk of its own; when one is shown, focus goes to
// its heading and its title to the tab; going back restores the scroll position.
import { tick, type Component } from 'svelte';
import type { Page } from './api/types';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type PageModule = { default: Component<any> };

export interface Route {
  path: string; // "/requests/:id"
  title: string;
  page: Page; // who may see it: Me.pages
  load: () => Promise<PageModule>;
}

export const routes: Route[] = [
  { path: '/', title: 'Home', page: 'home', load: () => import('./pages/Home.svelte') },
  { path: '/request/:place', title: 'Request access', page: 'home', load: () => import('./pages/RequestForm.svelte') },
  { path: '/requests/:id', title: 'Request', page: 'home', load: () => import('./pages/Request.svelte') },
  { path: '/approvals', title: 'Approvals', page: 'approvals', load: () => import('./pages/Approvals.svelte') },
  { path: '/live', title: 'Live sessions', page: 'live', load: () => import('./pages/Live.svelte') },
  { path: '/live/:id', title: 'Watch', page: 'live', load: () => import('./pages/Watch.svelte') },
  { path: '/recordings', title: 'Recordings', page: 'recordings', load: () => import('./pages/Recordings.svelte') },
  { path: '/replay/:id', title: 'Replay', page: 'recordings', load: () => import('./pages/Replay.svelte') },
  { path: '/breakglass', title: 'Break-glass', page: 'breakglass', load: () => import('./pages/Breakglass.svelte') },
  { path: '/audit', title: 'Audit', page: 'audit', load: () => import('./pages/Audit.svelte') },
  { path: '/policy', title: 'Policy', page: 'policy', load: () => import('./pages/Policy.svelte') },
  { path: '/people', title: 'People', page: 'people', load: () => import('./pages/People.svelte') },
  { path: '/people/:name', title: 'Person', page: 'people', load: () => import('./pages/Person.svelte') },
  { path: '/me', title: 'My security', page: 'me', load: () => import('./pages/Me.svelte') },
];

export interface Match {
  route: Route;
  params: Record<string, string>;
}

// Null where there is no such page. A parameter that is not well encoded matches nothing.
export function match(pathname: string, table: Route[] = routes): Match | null {
  const path = pathname.length > 1 ? pathname.replace(/\/$/, '') : pathname;
  for (const route of table) {
    const params = fit(route.path.split('/'), path.split('/'));
    if (params) return { route, params };
  }
  return null;
}

function fit(pattern: string[], parts: string[]): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [i, want] of pattern.entries()) {
    const part = parts[i] ?? '';
    if (!want.startsWith(':')) {
      if (want !== part) return null;
      continue;
    }
    try {
      params[want.slice(1)] = decodeURIComponent(part);
    } catch {
      return null;
    }
    if (params[want.slice(1)] === '') return null;
  }
  return params;
}

class Location {
  path = $state(location.pathname);
  query = $state(location.search);
  hash = $state(location.hash);
  // Counts moves, so that the page can tell a move to the same path.
  moves = $state(0);
  read(): void {
    this.path = location.pathname;
    this.query = location.search;
    this.hash = location.hash;
    this.moves += 1;
  }
}

export const here = new Location();
const scrolls = new Map<string, number>();
let key = '';

function keep(): void {
  scrolls.set(key, scrollY);
}

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  const url = new URL(to, location.href);
  if (url.origin !== location.origin) return;
  keep();
  if (!options.replace) key = String(Date.now() + Math.random());
  const method = options.replace ? 'replaceState' : 'pushState';
  history[method]({ key }, '', url.pathname + url.search + url.hash);
  here.read();
}

// Only the address changes, not the page: filters, the moment of a replay.
export function rewrite(query: string, hash = location.hash): void {
  history.replaceState({ key }, '', location.pathname + query + hash);
  here.query = location.search;
  here.hash = location.hash;
}

// The query of the page at `path`, to be read again and again: that of the next page is none of its, while that one loads.
export function ownQuery(path: string): () => URLSearchParams {
  let own = here.query;
  return () => new URLSearchParams(here.path.startsWith(path) ? (own = here.query) : own);
}

export function startRouter(): () => void {
  history.scrollRestoration = 'manual';
  key = (history.state as { key?: string } | null)?.key ?? 'first';
  const back = () => {
    keep();
    key = (history.state as { key?: string } | null)?.key ?? 'first';
    here.read();
  };
  const click = (event: MouseEvent) => {
    const to = linkOf(event);
    if (!to) return;
    event.preventDefault();
    navigate(to.href);
  };
  addEventListener('popstate', back);
  document.addEventListener('click', click);
  return () => {
    removeEventListener('popstate', back);
    document.removeEventListener('click', click);
  };
}

// A plain click on a link inside the console, else null.
export function linkOf(event: MouseEvent): URL | null {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = (event.target as Element | null)?.closest?.('a[href]');
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return null;
  const url = new URL(link.href, location.href);
  if (url.origin !== location.origin || url.pathname.startsWith('/api/')) return null;
  if (url.pathname === location.pathname && url.search === location.search && url.hash) return null;
  return url;
}

// Called when a page has been put up: heading, scroll, title. The first page of all does not take the focus away.
export async function arrived(title: string, site: string, first: boolean): Promise<void> {
  setTitle(title, site);
  await tick();
  scrollTo(0, scrolls.get(key) ?? 0);
  if (first) return;
  const heading = document.querySelector<HTMLElement>('main h1');
  heading?.setAttribute('tabindex', '-1');
  heading?.focus({ preventScroll: true });
}

let base = document.title;
let badge = 0;

function setTitle(title: string, site: string): void {
  base = title ? `${title} - ${site}` : site;
  showTitle();
}
// A page that knows better: "mri-3 - Request access".
export function titled(title: string): void {
  base = title;
  showTitle();
}
export function setBadge(count: number): void {
  badge = count;
  showTitle();
}
function showTitle(): void {
  document.title = badge > 0 ? `(${badge}) ${base}` : base;
}
