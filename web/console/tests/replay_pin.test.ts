import { describe, expect, it } from 'vitest';
import { pins } from '../src/pages/Replay/pin';

// A phone of 844 px, with a picture of 230 px that has been scrolled below the header, and a list that goes on.
const places = { header: 52, top: -40, height: 230, until: 900, room: 844 };

describe('the picture stays in sight', () => {
  it('while what belongs to it is used', () => expect(pins(places)).toBe(true));
  it('not where it stands in sight anyway', () => {
    expect(pins({ ...places, top: 52 })).toBe(false);
    expect(pins({ ...places, top: 51 })).toBe(true);
  });
  it('not where it would take the room of what is used', () => {
    expect(pins({ ...places, height: 338 })).toBe(false);
    expect(pins({ ...places, height: 337 })).toBe(true);
  });
  it('not beyond what is used with it', () => expect(pins({ ...places, until: 282 })).toBe(false));
  it('not before there is one', () => expect(pins({ ...places, height: 0 })).toBe(false));
});
