import { describe, expect, it } from 'vitest';
import { lineOfRule, linesOf } from '../src/pages/Policy/text';

const lines = linesOf(`version: 1
rules:
  - id: mri-service-night
    who: [any]
  - id: mri-service
  - id: "edge.standing"   # quoted
  - { id: short, who: [any] }
`);

describe('the line of a rule', () => {
  it('is that of the whole name', () => {
    expect(lineOfRule(lines, 'mri-service')).toBe(5);
    expect(lineOfRule(lines, 'mri-service-night')).toBe(3);
  });
  it('is found with quotes and in braces', () => {
    expect(lineOfRule(lines, 'edge.standing')).toBe(6);
    expect(lineOfRule(lines, 'short')).toBe(7);
  });
  it('is none for a name that is not there, nor for one that looks like a pattern', () => {
    expect(lineOfRule(lines, 'edgeXstanding')).toBeNull();
    expect(lineOfRule(lines, '.*')).toBeNull();
    expect(lineOfRule(lines, '(')).toBeNull();
    expect(lineOfRule(lines, '')).toBeNull();
  });
});

describe('the lines of a text', () => {
  it('do not count the end of the last one', () => {
    expect(linesOf('a\nb\n')).toEqual(['a', 'b']);
    expect(linesOf('a\n\nb')).toEqual(['a', '', 'b']);
  });
});
