/** @import { Field } from "../forms/details.js" */
/** @import { Country } from "../backend/types.js" */
import { html } from "../html.js";
import { problemNote } from "./problems.js";

/**
 * @typedef {object} State
 * @property {string} value
 * @property {string} [problem]
 */

/**
 * A line of text, with its label.
 *
 * @param {Field} field
 * @param {State} state
 */
export function textField(field, { value, problem }) {
  const { name, label, type = "text", autocomplete, most, isOptional, hint } = field;
  return html`<div class="field field-${name}">
<label for="${name}">${label}${isOptional && html` <span class="quiet">(optional)</span>`}</label>
${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${problemNote(name, problem)}
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}"
maxlength="${most}" value="${value}"${!isOptional && html` required`}${describedBy(name, { hint, problem })}>
</div>
`;
}

/**
 * @param {Field} field
 * @param {Country[]} countries
 * @param {State} state
 */
export function countryField({ name, label, autocomplete }, countries, { value, problem }) {
  const sorted = countries.toSorted((one, other) => one.display_name.localeCompare(other.display_name, "en"));
  return html`<div class="field field-${name}">
<label for="${name}">${label}</label>
${problemNote(name, problem)}
<select id="${name}" name="${name}" autocomplete="${autocomplete}" required${describedBy(name, { problem })}>
${!value && html`<option value="">Choose a country</option>`}
${sorted.map(
    ({ iso_2, display_name }) =>
      html`<option value="${iso_2}"${iso_2 === value && html` selected`}>${display_name}</option>\n`,
  )}</select>
</div>
`;
}

/**
 * How many of something.
 *
 * @param {object} field
 * @param {string} field.id
 * @param {string} field.label
 * @param {boolean} [field.isLabelUnseen]  Where the row of a table says it to those who see it.
 * @param {State} state
 */
export function quantityField({ id, label, isLabelUnseen = false }, { value, problem }) {
  return html`<div class="field field-quantity">
<label for="${id}"${isLabelUnseen && html` class="unseen"`}>${label}</label>
${problemNote(id, problem)}
<input id="${id}" name="quantity" type="text" inputmode="numeric" autocomplete="off"
maxlength="3" value="${value}" required${describedBy(id, { problem })}>
</div>
`;
}

/**
 * @param {string} name
 * @param {{ hint?: string, problem?: string }} notes
 */
export function describedBy(name, { hint, problem }) {
  const ids = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(" ");
  return html`${ids && html` aria-describedby="${ids}"`}${problem && html` aria-invalid="true"`}`;
}
