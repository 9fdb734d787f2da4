/**
 * A browser without scripts or pictures: keeps cookies, sends forms, and follows where it is sent.
 */
export class Visitor {
  /** @type {Map<string, string>} */
  cookies = new Map();
  /** The path of the last answer. */
  path = "";
  #url;
  #origin;

  /**
   * @param {string} url
   * @param {string} origin
   */
  constructor(url, origin) {
    this.#url = url;
    this.#origin = origin;
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} [headers]
   */
  open(path, headers = {}) {
    return this.#follow(path, { headers });
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} fields
   */
  send(path, fields = {}) {
    return this.#follow(path, this.#form(fields));
  }

  /**
   * Send a form, and do not follow.
   *
   * @param {string} path
   * @param {Record<string, string>} fields
   */
  sendOnly(path, fields = {}) {
    return this.#request(path, this.#form(fields));
  }

  /** Another window of the same browser, which knows what this one does now. */
  window() {
    const other = new Visitor(this.#url, this.#origin);
    other.cookies = new Map(this.cookies);
    return other;
  }

  /** @param {Record<string, string>} fields */
  #form(fields) {
    return { method: "POST", body: new URLSearchParams(fields), headers: { origin: this.#origin } };
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   */
  async #follow(path, request) {
    let answer = await this.#request(path, request);
    while (answer.status === 303) {
      answer = await this.#request(answer.headers.get("location") ?? "", {});
    }
    return answer;
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   */
  async #request(path, request) {
    this.path = path;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(this.#url + path, {
      ...request,
      headers: { ...request.headers, ...(cookie && { cookie }) },
      redirect: "manual",
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      value ? this.cookies.set(name, value) : this.cookies.delete(name);
    }
    return { status: response.status, headers: response.headers, html: await response.text() };
  }
}
