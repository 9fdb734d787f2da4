/** @import { Value } from "../html.js" */
import { html } from "../html.js";

/**
 * One thing that is settled, with the way to change it.
 *
 * @param {string} title
 * @param {Value} content
 * @param {{ path: string, what: string }} [change]
 */
export function fact(title, content, change) {
  return html`<section class="fact">
<h2>${title}</h2>
${content}
${change && html`<a href="${change.path}">Change<span class="unseen"> ${change.what}</span></a>`}
</section>
`;
}
