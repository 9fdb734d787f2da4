import { BackendAway } from "./errors.js";

/**
 * Remembers answers for a few seconds, and for longer while the backend is away.
 *
 * Those who ask for the same thing at the same time share one call. After a call that failed nobody
 * waits for the next one before the old answer has aged again, so a backend that hangs slows down one
 * visitor every few seconds and not all of them.
 *
 * @template T
 */
export class Cache {
  /** @type {Map<string, { answer: T, askAgainAt: number, forgetAt: number }>} */
  #entries = new Map();
  /** @type {Map<string, Promise<T>>} */
  #calls = new Map();
  #options;

  /**
   * @param {object} [options]
   * @param {number} [options.freshMilliseconds]
   * @param {number} [options.staleMilliseconds]  For how long an answer stands in for a backend that is away.
   * @param {number} [options.limit]  Answers at most; the one unused for longest makes room.
   * @param {() => number} [options.now]
   */
  constructor({
    freshMilliseconds = 5_000,
    staleMilliseconds = 600_000,
    limit = 500,
    now = () => performance.now(),
  } = {}) {
    this.#options = { freshMilliseconds, staleMilliseconds, limit, now };
  }

  /**
   * @param {string} key
   * @param {() => Promise<T>} load
   * @returns {Promise<T>}
   * @throws {BackendAway} If there is no answer from before either.
   */
  async get(key, load) {
    const entry = this.#entries.get(key);
    if (entry && this.#options.now() < entry.askAgainAt) {
      this.#moveToEnd(key, entry);
      return entry.answer;
    }
    const running = this.#calls.get(key);
    if (running) {
      return running;
    }
    const call = this.#load(key, load).finally(() => this.#calls.delete(key));
    this.#calls.set(key, call);
    return call;
  }

  /**
   * @param {string} key
   * @param {() => Promise<T>} load
   */
  async #load(key, load) {
    const { now, freshMilliseconds, staleMilliseconds } = this.#options;
    try {
      const answer = await load();
      const askAgainAt = now() + freshMilliseconds;
      this.#moveToEnd(key, { answer, askAgainAt, forgetAt: askAgainAt + staleMilliseconds });
      return answer;
    } catch (error) {
      const entry = this.#entries.get(key);
      if (error instanceof BackendAway && entry && now() < entry.forgetAt) {
        entry.askAgainAt = now() + freshMilliseconds;
        return entry.answer;
      }
      throw error;
    }
  }

  /**
   * @param {string} key
   * @param {{ answer: T, askAgainAt: number, forgetAt: number }} entry
   */
  #moveToEnd(key, entry) {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#options.limit && oldest !== undefined) {
      this.#entries.delete(oldest);
    }
  }
}
