/** Holds the fake Medusa to what a real one answered (2.21.2, by `record.js`). */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { FakeMedusa, PUBLISHABLE_KEY } from "./fake-medusa.js";
import { tour } from "./tour.js";

const FOLDER = new URL("recorded/", import.meta.url);

/** @type {Map<string, import("./tour.js").Answer>} */
const recorded = new Map(
  readdirSync(FOLDER).map((file) => [
    file.replace(".json", ""),
    JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")),
  ]),
);

/**
 * Return where a fake answer has something that the real one has not, or has otherwise.
 *
 * @param {any} fake
 * @param {any} real
 * @param {string} place
 * @returns {string[]}
 */
function differences(fake, real, place) {
  if (fake === null || real === null) {
    return [];
  }
  if (real === undefined) {
    return [`${place} is made up`];
  }
  if (typeof fake !== typeof real || Array.isArray(fake) !== Array.isArray(real)) {
    return [`${place} is of another type`];
  }
  if (Array.isArray(fake)) {
    return fake.length > 0 && real.length > 0 ? differences(fake[0], real[0], `${place}[0]`) : [];
  }
  if (typeof fake === "object") {
    return Object.keys(fake).flatMap((key) => differences(fake[key], real[key], `${place}.${key}`));
  }
  return [];
}

test("the fake Medusa answers as a real one", async (t) => {
  const medusa = new FakeMedusa();
  const answers = await tour(await medusa.start(), PUBLISHABLE_KEY);
  medusa.stop();
  assert.deepEqual([...answers.keys()].sort(), [...recorded.keys()].sort());
  for (const [name, { status, body }] of answers) {
    await t.test(name, () => {
      const real = recorded.get(name);
      assert.equal(status, real?.status);
      assert.equal(body.code, real?.body.code);
      assert.equal(body.type, real?.body.type);
      assert.deepEqual(differences(body, real?.body, name), []);
    });
  }
});
