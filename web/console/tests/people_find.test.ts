import { describe, expect, it } from 'vitest';
import { factorWords, found, isDue, matches } from '../src/pages/People/find';
import { agentWords } from '../src/pages/Me/agent';
import type { PersonRow } from '../src/api/types';

const now = Date.parse('2026-06-01T12:00:00Z');
const person = (more: Partial<PersonRow>): PersonRow => ({
  name: 'piotr', display_name: 'Piotr Wójcik', email: 'p@acme.example', vendor: 'Acme Imaging', groups: ['imaging'], disabled: false, expires: null, mark: '', last_seen: null,
  last_session: null, factors: { password: true, codes: true, passkeys: 0, keys: 0 }, reviewed: null, ...more,
});

describe('a search among people', () => {
  it('finds by every word, anywhere, without accents', () => {
    for (const typed of ['', 'piotr', 'WOJCIK', 'acme wój', 'imaging p@', '  piotr  ']) expect(matches(person({}), typed)).toBe(true);
  });
  it('finds nobody of whom one word is wrong', () => {
    expect(matches(person({}), 'piotr vera')).toBe(false);
  });
  it('takes signs as signs', () => {
    expect(matches(person({}), '.*')).toBe(false);
  });
});

describe('the access review', () => {
  it('is due for somebody whom nobody has looked at, or long ago', () => {
    expect(isDue(person({}), now)).toBe(true);
    expect(isDue(person({ reviewed: { at: '2026-01-01T00:00:00Z', by: 'ruth' } }), now)).toBe(true);
  });
  it('is not due for those just looked at, nor for those who cannot come in', () => {
    expect(isDue(person({ reviewed: { at: '2026-05-20T00:00:00Z', by: 'ruth' } }), now)).toBe(false);
    expect(isDue(person({ disabled: true }), now)).toBe(false);
    expect(isDue(person({ expires: '2026-05-01T00:00:00Z' }), now)).toBe(false);
  });
  it('chooses within the list', () => {
    const all = [person({ name: 'a', email: '', vendor: 'Beta' }), person({ name: 'b', vendor: '', disabled: true }), person({ name: 'c', email: '', vendor: '' })];
    expect(found(all, '', 'vendors', now).map((one) => one.name)).toEqual(['a']);
    expect(found(all, '', 'disabled', now).map((one) => one.name)).toEqual(['b']);
    expect(found(all, '', 'due', now).map((one) => one.name)).toEqual(['a', 'c']);
    expect(found(all, 'acme', 'due', now).map((one) => one.name)).toEqual([]);
  });
});

describe('factors in words', () => {
  it('counts and says none', () => {
    expect(factorWords({ password: true, codes: true, passkeys: 2, keys: 1 })).toBe('password, codes, 2 passkeys, 1 SSH key');
    expect(factorWords({ password: false, codes: false, passkeys: 0, keys: 0 })).toBe('none yet');
  });
});

describe('a browser in words', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36', 'Chrome on Linux'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1', 'Safari on iPhone'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0', 'Edge on Windows'],
    ['', 'a browser that says nothing of itself'],
    ['x'.repeat(500), 'x'.repeat(60)],
  ])('%s', (agent, words) => {
    expect(agentWords(agent)).toBe(words);
  });
});
