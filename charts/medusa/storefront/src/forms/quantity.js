export const MOST = 99;

/**
 * Read how many of something a shopper wants.
 *
 * @param {URLSearchParams} form
 * @param {object} options
 * @param {string} options.field  The id of the field, for the problem.
 * @param {number} options.least
 */
export function readQuantity(form, { field, least }) {
  const typed = (form.get("quantity") ?? "").trim();
  const quantity = Number(typed);
  const isRight = /^\d{1,3}$/.test(typed) && quantity >= least && quantity <= MOST;
  const message = `Enter a number from ${least} to ${MOST}.`;
  return { typed, quantity, problem: isRight ? undefined : { field, message } };
}
