/** What translators wrap texts in, since no style is for it any more. */
const WRAPPER: string = "font";

/**
 * Do to what is drawn what a browser's translation does: each text stands within elements of the
 * translator's, and the text nodes that React made are no longer in the page.
 */
export function translate(root: Element): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    if (!text.data.trim() || text.parentElement?.closest("[translate=no], font")) continue;
    const [outer, inner] = [document.createElement(WRAPPER), document.createElement(WRAPPER)];
    inner.textContent = text.data;
    outer.append(inner);
    text.replaceWith(outer);
  }
}
