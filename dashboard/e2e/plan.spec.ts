import { expect, test } from "@playwright/test";
import { inspect } from "./inspect";
import { newToken, openAs, statusIs } from "./platform";

test("a shop gets a smaller plan, said before; a larger one only as a new shop, where its storage cannot grow", async ({ page }) => {
  await openAs(page, await newToken("merchant"), "/stores/new");
  await page.getByRole("textbox", { name: "Name" }).fill("too-large");
  await page.getByRole("radio", { name: /WooCommerce/ }).check();
  await page.getByRole("radio", { name: /^medium/ }).check();
  await inspect(page, "create-with-plan");
  await page.getByRole("button", { name: "Create store" }).click();
  await statusIs(page, "Ready");

  const change = page.getByRole("button", { name: "Change plan" });
  await change.click();
  const dialog = page.getByRole("dialog", { name: "Change the plan of too-large?" });
  await dialog.getByRole("radio", { name: /^large/ }).check();
  await expect(dialog.getByText("Make a backup, and restore it into a new shop with this plan", { exact: false })).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Change plan" })).toBeDisabled();
  await dialog.getByRole("radio", { name: /^small/ }).check();
  await expect(dialog.getByText("volumes never shrink", { exact: false })).toBeVisible();
  await inspect(page, "plan-dialog");
  await dialog.getByRole("button", { name: "Change plan" }).click();
  await expect(dialog).toHaveCount(0);

  const entries = page.getByRole("list", { name: "History, newest first" }).getByRole("listitem");
  await expect(entries.first()).toContainText("Change of the plan, asked for by merchant: done");
  await expect(page.getByText("The shop has its new plan.")).toBeVisible();
  await statusIs(page, "Ready");
  await expect(page.getByText(/^This shop has the plan small/)).toBeVisible();
  await expect(change).toBeEnabled();
  await inspect(page, "store-plan-changed");
});
