/**
 * The server's time, by which everything that it tells is dated: the browser's own clock may be off
 * by a day. How far it is off is read from the `Date` of each answer.
 */

const listeners = new Set<() => void>();
let offset = 0;

/** The server's time in milliseconds, as well as it is known. */
export function serverNow(): number {
  return Date.now() + offset;
}

/** Be told when the server's time turns out to be another than was thought. Returns how to stop. */
export function onServerTime(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Ask the server for something as `fetch` does, and see from the answer how late it is there. */
export async function fetchDated(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const sent = Date.now();
  const answer = await fetch(input, init);
  learn(answer.headers.get("date"), sent, Date.now());
  return answer;
}

/** Ask for nothing but the server's time. An API that is away is asked another time. */
export async function askServerTime(): Promise<void> {
  await fetchDated("/config.json", { method: "HEAD", cache: "no-store" }).catch(() => undefined);
}

/** The header has whole seconds, and was written some time between the question and the answer. */
function learn(date: string | null, sent: number, received: number): void {
  const told = Date.parse(date ?? "");
  if (Number.isNaN(told) || received < sent) return;
  const found = told + 500 - (sent + received) / 2;
  const uncertainty = 500 + (received - sent) / 2;
  // What is known and may well be right is not changed: times on the page would jump to and fro.
  if (Math.abs(found - offset) <= uncertainty) return;
  offset = found;
  for (const listener of listeners) listener();
}
