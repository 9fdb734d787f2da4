/**
 * A mistake in a form.
 *
 * @typedef {object} Problem
 * @property {string} field  The id of the field that it is told at.
 * @property {string} message  What to do.
 */

/**
 * @param {Problem[]} problems
 * @param {string} field
 */
export function problemAt(problems, field) {
  return problems.find((problem) => problem.field === field)?.message;
}
