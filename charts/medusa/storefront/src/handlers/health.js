/** @import { Shop } from "../shop.js" */
import { file } from "../http/replies.js";

const TEXT = "text/plain; charset=utf-8";

/** The process works. Nothing else is asked: a new process would not mend a backend. */
export function healthz() {
  return file("ok\n", TEXT, "no-store");
}

/**
 * The shop can sell: Medusa answers. Why it does not is in the log, as this path is open to everybody.
 *
 * @param {Shop} shop
 */
export async function readyz({ readiness }) {
  const isReady = await readiness.check();
  return isReady
    ? file("ok\n", TEXT, "no-store")
    : { ...file("The backend does not answer this shop.\n", TEXT, "no-store"), status: 503 };
}
