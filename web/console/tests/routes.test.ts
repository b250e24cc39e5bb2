import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { arrived, here, linkOf, match, navigate, rewrite, setBadge, startRouter, titled } from '../src/routes.svelte';

describe('an address', () => {
  it('finds its page and its parts', () => {
    expect(match('/')?.route.title).toBe('Home');
    expect(match('/approvals/')?.route.page).toBe('approvals');
    expect(match('/requests/41')).toMatchObject({ params: { id: '41' } });
    expect(match('/request/mri-3%2Bservice')?.params).toEqual({ place: 'mri-3+service' });
    expect(match('/request/mri-3+service')?.params).toEqual({ place: 'mri-3+service' });
  });
  it('that is none finds nothing', () => {
    for (const path of ['/nowhere', '/requests', '/requests/', '/requests/4/approve', '/request/%E0%A4%A', '//approvals', '/Approvals']) {
      expect(match(path), path).toBeNull();
    }
  });
});

describe('the router', () => {
  let stop = () => undefined as void;
  beforeEach(() => {
    document.body.replaceChildren();
    stop = startRouter();
    navigate('/');
  });
  afterEach(() => stop());

  function link(href: string, attributes: Record<string, string> = {}): HTMLAnchorElement {
    const made = document.createElement('a');
    made.href = href;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    document.body.append(made);
    return made;
  }
  function clicked(on: Element, init: MouseEventInit = {}): MouseEvent {
    const event = new MouseEvent('click', { bubbles: true, cancelable: true, ...init });
    on.dispatchEvent(event);
    return event;
  }

  it('takes plain clicks on links of the console', () => {
    const event = clicked(link('/approvals'));
    expect(event.defaultPrevented).toBe(true);
    expect(here.path).toBe('/approvals');
  });
  it('leaves new tabs, downloads, other hosts and the API to the browser', () => {
    const before = here.path;
    const untouched: [HTMLAnchorElement, MouseEventInit][] = [
      [link('/approvals'), { ctrlKey: true }],
      [link('/approvals'), { button: 1 }],
      [link('/approvals', { target: '_blank' }), {}],
      [link('/approvals', { download: '' }), {}],
      [link('https://elsewhere.example/'), {}],
      [link('/api/openapi.json'), {}],
    ];
    for (const [one, init] of untouched) {
      let taken: URL | null = null;
      one.addEventListener('click', (event) => {
        taken = linkOf(event);
        event.preventDefault();
      });
      clicked(one, init);
      expect(taken, one.href).toBeNull();
    }
    expect(here.path).toBe(before);
  });
  it('never leaves the site', () => {
    navigate('https://elsewhere.example/approvals');
    expect(here.path).toBe('/');
  });
  it('changes the address alone for filters and moments', () => {
    navigate('/audit');
    const moves = here.moves;
    rewrite('?person=vera', '#t=12');
    expect(here.query).toBe('?person=vera');
    expect(here.hash).toBe('#t=12');
    expect(here.moves).toBe(moves);
  });
  it('moves the focus to the heading and the title to the tab, but not on the first page', async () => {
    const main = document.createElement('main');
    const heading = document.createElement('h1');
    main.append(heading);
    document.body.append(main);
    await arrived('Home', 'Anteroom', true);
    expect(document.activeElement).not.toBe(heading);
    await arrived('Approvals', 'Anteroom', false);
    expect(document.activeElement).toBe(heading);
    expect(document.title).toBe('Approvals - Anteroom');
  });
  it('keeps the number of what waits in front of the title', () => {
    titled('Approvals - Anteroom');
    setBadge(3);
    expect(document.title).toBe('(3) Approvals - Anteroom');
    titled('mri-3 - Request');
    expect(document.title).toBe('(3) mri-3 - Request');
    setBadge(0);
    expect(document.title).toBe('mri-3 - Request');
  });
});
