import { expect, test } from "@playwright/test";
import { control, createStore, newToken, openAs, statusIs, step, unfold } from "./platform";

test("the API is killed and started again in the middle: nothing is missed", async ({ page }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "interrupted");
  await expect(step(page, "HELM_INSTALL")).not.toHaveAttribute("data-status", "PENDING");

  // When the API is killed, the page says so and keeps what it has
  await control("kill");
  await expect(page.getByText("Reconnecting …")).toBeVisible();
  await expect(page.locator('[data-state="stale"]')).toBeVisible();
  await expect(step(page, "NAMESPACE")).toHaveAttribute("data-status", "SUCCEEDED");

  // When it is back, the page goes on by itself
  await control("start");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await statusIs(page, "Ready");
  await expect(page.locator('[data-state="ready"]')).toBeVisible();

  // Then each event is there, once and in order
  await unfold(page, "Technical details");
  const events = page.getByRole("list", { name: "Full record, newest first" }).getByRole("listitem");
  const versions = await events.evaluateAll((items) => items.map((item) => Number(item.dataset.version)));
  expect(versions).toEqual(Array.from(versions, (_, index) => versions.length - index));
});

test("a list that was open all the time shows what happened meanwhile", async ({ page }) => {
  const token = await newToken("merchant");
  await openAs(page, token);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await control("restart");
  await control("create", { token, name: "made-elsewhere" });
  const row = page.getByRole("listitem").filter({ hasText: "made-elsewhere" });
  await expect(row.getByText("Ready", { exact: true })).toBeVisible();
});
