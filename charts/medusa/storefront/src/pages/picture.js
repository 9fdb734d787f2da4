import { html } from "../html.js";

/**
 * Show a picture, or the first letter of what has none. The place it takes is set by the stylesheet,
 * so nothing moves when it arrives.
 *
 * @param {object} picture
 * @param {string | null} [picture.url]
 * @param {string} picture.title  Of what is shown.
 * @param {string} [picture.alt]  Nothing where the title stands beside it.
 * @param {boolean} [picture.isUrgent]  In sight when the page opens.
 */
export function picture({ url, title, alt = "", isUrgent = false }) {
  if (!url) {
    const [initial = ""] = title.toUpperCase();
    return html`<span class="picture picture-none" aria-hidden="true">${initial}</span>`;
  }
  return html`<img class="picture" src="${url}" alt="${alt}" width="600" height="600" decoding="async"${
    !isUrgent && html` loading="lazy"`
  }>`;
}
