/** A request that is refused, with the sentence that the visitor reads. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} title
   * @param {string} sentence  What is wrong, and what to do.
   * @param {Record<string, string>} [headers]
   */
  constructor(status, title, sentence, headers = {}) {
    super(sentence);
    this.status = status;
    this.title = title;
    this.headers = headers;
  }
}
