// On a narrow phone the controls, the timeline and the list of hits stand below the picture: while they are used, it stays in sight below
// the header, where that leaves room enough for them.

export interface Places {
  header: number; // its height
  top: number; // of the picture, where it belongs
  height: number; // of the picture
  until: number; // the bottom of what is used with it
  room: number; // the window's height
}
export const pins = ({ header, top, height, until, room }: Places): boolean => height > 0 && height <= room * 0.4 && top < header && until > header + height;

// What the focus comes to is scrolled out from below the picture: base.css knows --pinned.
export function keepInSight(stage: HTMLElement, beside: HTMLElement | undefined, tell: (pinned: boolean) => void): () => void {
  const narrow = matchMedia('(width < 600px) and (height >= 560px)');
  const root = document.documentElement.style;
  const look = (): void => {
    const header = document.querySelector('header')?.offsetHeight ?? 0;
    const height = stage.querySelector<HTMLElement>('.terminal, .desktop')?.offsetHeight ?? 0;
    const { bottom } = stage.getBoundingClientRect();
    const pinned = narrow.matches && pins({ header, top: bottom - height, height, until: (beside ?? stage).getBoundingClientRect().bottom, room: innerHeight });
    root.setProperty('--header', `${header}px`);
    root.setProperty('--pinned', `${pinned ? height : 0}px`);
    tell(pinned);
  };
  const sized = new ResizeObserver(look);
  sized.observe(stage);
  addEventListener('scroll', look, { passive: true });
  addEventListener('resize', look);
  return () => {
    sized.disconnect();
    removeEventListener('scroll', look);
    removeEventListener('resize', look);
    root.removeProperty('--pinned');
  };
}
