/**
 * Records what a real Medusa answers, for `recorded.test.js` to hold the fake one to:
 *
 *     node test/record.js http://localhost:9000 pk_…
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { tour } from "./tour.js";

const [, , url = "", publishableKey = ""] = process.argv;
const folder = new URL("recorded/", import.meta.url);

mkdirSync(folder, { recursive: true });
for (const [name, answer] of await tour(url, publishableKey)) {
  // Each amount is there a second time, for calculations.
  const text = JSON.stringify(answer, (key, value) => (key.startsWith("raw_") ? undefined : value), 1);
  writeFileSync(new URL(`${name}.json`, folder), `${text}\n`);
}
