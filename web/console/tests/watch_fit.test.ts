import { describe, expect, it } from 'vitest';
import { fit, largest, smallest } from '../src/pages/Watch/fit';

const cell = 0.6;
const widthOf = (columns: number, room: number): number => {
  const it = fit(columns, room, cell);
  return columns * cell * it.font * it.scale;
};

describe('the size of a terminal', () => {
  it('is never wider than its room', () => {
    for (const columns of [1, 40, 80, 132, 213, 500]) for (const room of [260, 320, 390, 700, 1440, 3840]) expect(widthOf(columns, room)).toBeLessThanOrEqual(room + 0.001);
  });
  it('uses the room that there is', () => {
    for (const columns of [100, 132, 213]) for (const room of [320, 700, 1000]) expect(widthOf(columns, room)).toBeGreaterThan(room * 0.9);
  });
  it('has no letters above the largest, however much room there is', () => {
    expect(fit(80, 4000, cell)).toEqual({ font: largest, scale: 1 });
  });
  it('shrinks the picture only when letters would be too small', () => {
    expect(fit(80, 390, cell)).toEqual({ font: 8, scale: 1 });
    const phone = fit(132, 320, cell);
    expect(phone.font).toBe(smallest);
    expect(phone.scale).toBeLessThan(1);
  });
  it('has an answer while nothing has been measured', () => {
    expect(fit(80, 0, cell).scale).toBe(1);
    expect(fit(0, 300, cell).scale).toBe(1);
    expect(fit(80, 300, 0).scale).toBe(1);
  });
});
