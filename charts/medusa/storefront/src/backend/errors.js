/**
 * What can go wrong with a call to Medusa:
 *
 *     BackendError
 *     ├── BackendAway     no answer, or none that is of use: may pass, so it is worth another try
 *     └── BackendRefused  Medusa understood, and does not want to: it will say the same again
 */
export class BackendError extends Error {}

export class BackendAway extends BackendError {}

/** No connection came about or it broke, so that a read may be tried again at once. */
export class BackendUnreachable extends BackendAway {}

export class BackendRefused extends BackendError {
  /**
   * @param {object} answer
   * @param {number} answer.status
   * @param {string} answer.message  Medusa's own words: for the log, not for shoppers.
   * @param {string} [answer.code]
   */
  constructor({ status, message, code }) {
    super(message);
    this.status = status;
    this.code = code;
  }

  get isSoldOut() {
    return this.code === "insufficient_inventory" || /required inventory/.test(this.message);
  }

  get isUnknown() {
    return this.status === 404;
  }

  /** Whether another request was faster with the same thing. */
  get isConflict() {
    return this.status === 409;
  }
}
