import { html } from "../html.js";

const STEPS = ["Your details", "Delivery", "Review"];

/**
 * Where in the check-out the shopper is.
 *
 * @param {"Your details" | "Delivery" | "Review"} current
 */
export function steps(current) {
  return html`<ol class="steps" aria-label="Steps of the check-out">
${STEPS.map((step) => html`<li${step === current && html` aria-current="step"`}>${step}</li>\n`)}</ol>`;
}
