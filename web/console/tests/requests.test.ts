import { describe, expect, it } from 'vitest';
import { durations, placeName, ticketExample, ticketFits } from '../src/lib/requests';

describe('durations to choose from', () => {
  it('stay within what may be given, and include it', () => {
    expect(durations(3600)).toEqual([900, 1800, 3600]);
    expect(durations(2700)).toEqual([900, 1800, 2700]);
    expect(durations(600)).toEqual([600]);
  });
  it('include what was asked, but never more than may be given', () => {
    expect(durations(3600, 1200)).toContain(1200);
    expect(durations(3600, 7200)).not.toContain(7200);
  });
});

describe('tickets', () => {
  it('have to fit as a whole', () => {
    expect(ticketFits('CHG-123', 'CHG-[0-9]+')).toBe(true);
    expect(ticketFits('see CHG-123', 'CHG-[0-9]+')).toBe(false);
    expect(ticketFits('CHG-1 or INC-2', 'CHG-[0-9]+|INC-[0-9]+')).toBe(false);
  });
  it('are left to the server where the browser cannot read the pattern', () => {
    expect(ticketFits('anything', '[0-9')).toBe(true);
  });
  it('get an example only where one fits', () => {
    expect(ticketExample('CHG-[0-9]+')).toBe('CHG-12345');
    expect(ticketExample('CHG-\\d{6}')).toBe('CHG-123456');
    expect(ticketExample('(CHG|INC)-[0-9]+')).toBe('');
    expect(ticketExample('[0-9')).toBe('');
  });
});

it('a place is a target and perhaps an account', () => {
  expect(placeName('mri-3+service')).toEqual({ target: 'mri-3', account: 'service' });
  expect(placeName('mri-3')).toEqual({ target: 'mri-3', account: '' });
});
