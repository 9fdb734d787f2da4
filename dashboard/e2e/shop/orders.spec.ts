import { expect, test } from "@playwright/test";
import { given } from "./given";

/** Run by `tests/real/test_purchase.py`, after `buy.spec.ts` and after each loss of a pod. */

test("the merchant signs in to the admin, and finds the order", async ({ page }) => {
  await page.goto("/app/orders");
  await page.locator("input[name=email]").fill(given("E2E_USERNAME"));
  await page.locator("input[name=password]").fill(given("E2E_PASSWORD"));
  await page.getByRole("button", { name: "Continue with Email" }).click();
  const order = page.getByRole("row").filter({ hasText: given("E2E_SHOPPER") });
  await expect(order).toHaveCount(1);
  await expect(order).toContainText("#1");
  await expect(order).toContainText("€ 25.00");
});
