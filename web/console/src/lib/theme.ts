// Light, dark, or as the system says. Kept in this browser only.
export type Theme = 'system' | 'light' | 'dark';
const kept = 'anteroom.theme';

export function theme(): Theme {
  try {
    const value = localStorage.getItem(kept);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

export function chooseTheme(to: Theme): void {
  try {
    if (to === 'system') localStorage.removeItem(kept);
    else localStorage.setItem(kept, to);
  } catch {
    // Private windows may keep nothing: it holds for as long as the page is open.
  }
  showTheme(to);
}

export function showTheme(to: Theme = theme()): void {
  document.documentElement.style.colorScheme = to === 'system' ? '' : to;
}
