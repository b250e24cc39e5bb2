// How large a terminal of a given size is drawn so that all its columns fit: first by its font, whose letters stay sharp, and below
// the smallest readable one by shrinking the picture.
export interface Fit {
  font: number; // px
  scale: number; // of the picture, at most 1
}
export const smallest = 7;
export const largest = 16;

// `cell`: the width of one cell for each px of font size (about 0.6 for a monospaced font).
export function fit(columns: number, room: number, cell: number): Fit {
  if (columns <= 0 || room <= 0 || cell <= 0) return { font: smallest, scale: 1 };
  const wanted = Math.floor((room / (columns * cell)) * 2) / 2;
  const font = Math.min(largest, Math.max(smallest, wanted));
  return { font, scale: Math.min(1, room / (columns * cell * font)) };
}
