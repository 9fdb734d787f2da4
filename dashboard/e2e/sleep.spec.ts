import { expect, type Page, test } from "@playwright/test";
import { control, newToken, openAs, statusIs, unfold } from "./platform";
import { relayTo } from "./relay";

/**
 * Stop all that runs in a page, as browsers do with a tab that nobody looks at; returns how to wake it.
 * (A headless browser thinks every tab is looked at, so its debugger has to stop the page.)
 */
async function freeze(page: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Debugger.enable");
  const paused = new Promise((resolve) => session.once("Debugger.paused", resolve));
  await session.send("Debugger.pause");
  await paused;
  return async () => {
    await session.send("Debugger.resume");
    await session.detach();
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  };
}

/** The versions of the events that a store's page shows, newest first. */
async function versionsOf(page: Page): Promise<number[]> {
  const events = page.getByRole("list", { name: "Full record, newest first" }).getByRole("listitem");
  return events.evaluateAll((items) => items.map((item) => Number(item.dataset.version)));
}

for (const { name, owner, isNetworkLost } of [
  { name: "a tab in the background", owner: "multitasker", isNetworkLost: false },
  { name: "a laptop that was asleep", owner: "sleeper", isNetworkLost: true },
]) {
  test(`${name} catches up at once, and has missed nothing`, async ({ page, context }) => {
    test.setTimeout(300_000);
    const relay = await relayTo(process.env.E2E_URL ?? "");
    try {
      // Given the list in one tab and a ready store in another
      const token = await newToken(owner);
      const [old, made] = [`${owner}s-old`, `${owner}s-new`];
      await control("create", { token, name: old });
      const { id } = await control("await_status", { token, name: old, status: "READY" });
      await openAs(page, token, `${relay.url}/stores/${String(id)}`);
      await statusIs(page, "Ready");
      const list = await context.newPage();
      await openAs(list, token, `${relay.url}/stores`);
      const rows = list.getByRole("list", { name: "Stores" }).getByRole("listitem");
      await expect(list.getByText("Live", { exact: true })).toBeVisible();
      await expect(rows).toHaveCount(1);

      // When nothing runs in them any more, and meanwhile one store is made and the other deleted
      const wakeUp = [await freeze(page), await freeze(list)];
      if (isNetworkLost) relay.sleep();
      await control("create", { token, name: made });
      await control("await_status", { token, name: made, status: "READY" });
      await control("delete", { token, name: old });
      const { version } = await control("await_status", { token, name: old, status: "DELETED" });

      // Then, once they run again, both show what happened
      relay.wake();
      for (const wake of wakeUp) await wake();
      await expect(rows).toContainText([made], { timeout: 90_000 });
      await expect(rows.getByText("Ready", { exact: true })).toBeVisible();
      await statusIs(page, "Deleted");
      await expect(page.getByText("Live", { exact: true })).toBeVisible();

      // And each event is there, once and in order
      await unfold(page, "Technical details");
      await expect.poll(() => versionsOf(page), { timeout: 90_000 }).toEqual(Array.from({ length: Number(version) }, (_, index) => Number(version) - index));
    } finally {
      relay.close();
    }
  });
}
