/** Text that is markup already, and is not escaped again. Only `html` makes it. */
export class Markup {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** @typedef {Markup | string | number | boolean | null | undefined} Simple */
/** @typedef {Simple | Simple[]} Value */

/**
 * Build markup from a template. Every value in it is escaped, but for other markup; lists are joined,
 * and nothing is written for `false`, `null` and `undefined`.
 *
 * Attributes have to be quoted: a value could leave one that is not.
 *
 * @param {TemplateStringsArray} strings
 * @param {...Value} values
 */
export function html(strings, ...values) {
  const written = values.map((value, index) => write(value) + (strings[index + 1] ?? ""));
  return new Markup((strings[0] ?? "") + written.join(""));
}

/**
 * @param {Value} value
 * @returns {string}
 */
function write(value) {
  if (Array.isArray(value)) {
    return value.map(write).join("");
  }
  if (value instanceof Markup) {
    return value.text;
  }
  return value === false || value === null || value === undefined ? "" : escape(String(value));
}

/** @type {Record<string, string>} */
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
