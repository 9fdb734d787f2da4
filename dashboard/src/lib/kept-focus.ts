/** Give the focus to the page's title, where a page begins, if nothing has it any more. */
export function keepFocus(): void {
  if (!document.activeElement || document.activeElement === document.body) focusTitle();
}

/**
 * The `ref` of a button that goes away once its work is done: if the keyboard is on it then, it goes
 * on at the page's title, and not at the top of the window.
 */
export function keepingFocus(item: HTMLElement | null): () => void {
  // Called before the item is removed: afterwards nobody knows that it had the focus.
  return () => {
    if (item && item === document.activeElement) focusTitle();
  };
}

function focusTitle(): void {
  document.querySelector<HTMLElement>("h1")?.focus();
}
