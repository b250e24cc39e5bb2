// What somebody writes for the record: one line of characters that can be seen, no longer than the server takes. Made so and counted
// before a factor is asked for: a refusal afterwards would have used up a code. What can be seen is said by printable(), base/bytes.cpp.
export const longestReason = 500, longestNote = 2000, longestTicket = 64, longestKeyName = 64; // bytes; broker/access/telling.h, own_factors.h

// Zero widths, direction marks, tags, and halves of pairs.
const unseen = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u061c\u{e0000}-\u{e007f}\p{Cs}]/gu;
const breaks = /[\s\u0000-\u001f\u007f-\u009f]+/g;

export const oneLine = (text: string): string => text.replace(unseen, '').replace(breaks, ' ').trim();

// What is wrong with a line; '' when it can be sent. `missing` is what an empty one is told.
export function wrongLine(line: string, most: number, missing = ''): string {
  if (line === '') return missing;
  const bytes = new TextEncoder().encode(line).length;
  const over = bytes - most;
  if (over <= 0) return '';
  return `Too long by ${over} ${over === 1 ? 'character' : 'characters'}: please shorten it.${bytes > line.length ? ' Letters such as ä count more than once.' : ''}`;
}
