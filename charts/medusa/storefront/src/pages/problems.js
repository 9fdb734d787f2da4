/** @import { Problem } from "../forms/problem.js" */
import { html } from "../html.js";

/**
 * List what is wrong with a form above it, with links to the fields. It takes the focus, so that
 * a screen reader begins with it.
 *
 * @param {Problem[]} problems
 */
export function problemSummary(problems) {
  return (
    problems.length > 0 &&
    html`<div class="problems" role="alert" tabindex="-1" autofocus>
<h2>${problems.length === 1 ? "There is a problem" : `There are ${problems.length} problems`}</h2>
<ul>
${problems.map(({ field, message }) => html`<li><a href="#${field}">${message}</a></li>\n`)}</ul>
</div>`
  );
}

/**
 * Tell what is wrong with a field, at the field. The field names this in `aria-describedby`.
 *
 * @param {string} field
 * @param {string} [message]
 */
export function problemNote(field, message) {
  return (
    message &&
    html`<p class="problem" id="${field}-problem"><span class="unseen">Error: </span>${message}</p>`
  );
}
