// Uses the list of stores in a real browser, and prints what that cost as JSON. Run by pages.py, in
// dashboard/, whose packages it uses.

import { createRequire } from "node:module";

const { chromium } = createRequire(`${process.cwd()}/`)("@playwright/test");
const { E2E_CHROMIUM, E2E_URL, E2E_TOKEN } = process.env;
const CHANGES = 9;
const CREATE = `mutation ($name: String!) {
  createStore(input: { name: $name, engine: "woocommerce" }) { errors { code } } }`;

const browser = await chromium.launch({ executablePath: E2E_CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
await page.addInitScript(() => {
  const seen = { tasks: [], frames: [], rows: new Set() };
  globalThis.seen = seen;
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
  let last = performance.now();
  const frame = (now) => {
    seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  // Which rows a change touches; the clock's own ticks ("2 minutes ago") are no changes.
  new MutationObserver((mutations) => {
    for (const { target, addedNodes } of mutations) {
      for (const added of addedNodes) if (added.nodeName === "LI") seen.rows.add(added);
      const element = target instanceof Element ? target : target.parentElement;
      const row = element?.closest("li");
      if (row && !element?.closest("time")) seen.rows.add(row);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
});

const rows = page.getByRole("list", { name: "Stores" }).getByRole("listitem");
await page.addInitScript((token) => sessionStorage.setItem("store-platform-token", token), E2E_TOKEN);
await page.goto(`${E2E_URL}/stores?sort=name`);
await rows.nth(49).waitFor();
await page.getByText("Live", { exact: true }).waitFor();
const nodes = await page.evaluate(() => document.querySelectorAll("*").length);

// What a person does: scroll to the end, search, look at the next page where there is one
await page.evaluate(() => Object.assign(seen, { tasks: [], frames: [] }));
for (let turns = 0; turns < 20; turns += 1) await page.mouse.wheel(0, 400);
await page.getByRole("searchbox").fill("fleet-1");
await page.getByText(/found$/).waitFor();
await page.getByRole("searchbox").fill("");
await rows.filter({ hasText: "fleet-0" }).waitFor();
const next = page.getByRole("link", { name: "Next" });
if (await next.isVisible()) {
  await next.click();
  await rows.filter({ hasText: "fleet-0" }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "First page" }).click();
}
await rows.filter({ hasText: "fleet-0" }).waitFor();

// Meanwhile others make stores, each of which comes first in the list
const touched = [];
for (let change = 0; change < CHANGES; change += 1) {
  const name = `a-new-one-${CHANGES - change}`;
  await page.evaluate(() => seen.rows.clear());
  await page.request.post(`${E2E_URL}/graphql`, {
    headers: { authorization: `Bearer ${E2E_TOKEN}` },
    data: { query: CREATE, variables: { name } },
  });
  await rows.filter({ hasText: name }).waitFor();
  touched.push(await page.evaluate(() => seen.rows.size));
}
const { tasks, frames } = await page.evaluate(() => ({ tasks: seen.tasks, frames: seen.frames }));
await browser.close();
console.log(JSON.stringify({ nodes, tasks, frames, touched }));
