import { expect, test } from "@playwright/test";
import { statusIs } from "../platform";
import { given } from "../shop/given";

/** Run by `tests/real/test_platform_in_pods.py`, against a platform that helm has installed. */

test("a link signs in, and the shop is there", async ({ page }) => {
  await page.goto(given("E2E_LINK"));
  await page.getByRole("link", { name: given("E2E_SHOP"), exact: true }).click();
  await expect(page.getByRole("heading", { name: given("E2E_SHOP"), level: 1 })).toBeVisible();
  await statusIs(page, "Ready");
  await expect(page.getByRole("link", { name: /^Open shop/ })).toBeVisible();
});
