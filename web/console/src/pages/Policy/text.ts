// The policy's text as lines, and where in it a rule stands, so that a decision can point at the line that made it.
export const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n');

// The number of the line (from 1) that begins a rule: "- id: mri-service", with or without quotes, also within braces.
export function lineOfRule(lines: readonly string[], rule: string): number | null {
  if (rule === '') return null;
  const quoted = rule.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`^\\s*-\\s*(?:\\{\\s*)?id:\\s*(["']?)${quoted}\\1\\s*(?:[,}#].*)?$`);
  const at = lines.findIndex((line) => pattern.test(line));
  return at < 0 ? null : at + 1;
}
