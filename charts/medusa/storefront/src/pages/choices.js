import { html } from "../html.js";
import { describedBy } from "./fields.js";
import { problemNote } from "./problems.js";

/**
 * @typedef {object} Choice
 * @property {string} value
 * @property {string} label
 * @property {string} note  Such as its price.
 * @property {boolean} [isDisabled]
 */

/**
 * One of a few, as radio buttons. The first has the id of the whole, where the link of a problem leads.
 *
 * @param {object} group
 * @param {string} group.name
 * @param {string} group.legend
 * @param {Choice[]} choices
 * @param {{ value?: string, problem?: string }} state
 */
export function radioGroup({ name, legend }, choices, { value, problem }) {
  return html`<fieldset class="field"${describedBy(name, { problem })}>
<legend>${legend}</legend>
${problemNote(name, problem)}
<div class="choices">
${choices.map(
    (choice, index) => html`<label class="choice">
<input type="radio" id="${name}${index > 0 && `-${index + 1}`}" name="${name}" value="${choice.value}"${
      choice.value === value && html` checked`
    }${choice.isDisabled && html` disabled`} required>
<span>${choice.label}</span> <span class="choice-note">${choice.note}</span>
</label>
`,
  )}</div>
</fieldset>
`;
}

/**
 * One of many, as a list that opens.
 *
 * @param {object} group
 * @param {string} group.name
 * @param {string} group.legend
 * @param {Choice[]} choices
 * @param {{ value?: string, problem?: string }} state
 */
export function selectBox({ name, legend }, choices, { value, problem }) {
  return html`<div class="field">
<label for="${name}">${legend}</label>
${problemNote(name, problem)}
<select id="${name}" name="${name}" required${describedBy(name, { problem })}>
<option value="">Please choose</option>
${choices.map(
    (choice) =>
      html`<option value="${choice.value}"${choice.value === value && html` selected`}${
        choice.isDisabled && html` disabled`
      }>${choice.label} – ${choice.note}</option>\n`,
  )}</select>
</div>
`;
}
