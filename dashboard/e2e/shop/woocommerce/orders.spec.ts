import { expect, test } from "@playwright/test";
import { firstName, given } from "../given";

/** Run by `tests/real/test_purchase.py`, after `buy.spec.ts` and after each loss of a pod. */

test.beforeEach("the merchant signs in to the admin", async ({ page }) => {
  await page.goto("/wp-login.php");
  await page.getByLabel("Username or Email Address").fill(given("E2E_USERNAME"));
  await page.getByLabel("Password", { exact: true }).fill(given("E2E_PASSWORD"));
  await page.getByRole("button", { name: "Log In" }).click();
  await expect(page.getByRole("heading", { name: "Dashboard" })).toBeVisible();
});

test("the merchant finds the order", async ({ page }) => {
  // Orders have tables of their own, and only then this page.
  await page.goto("/wp-admin/admin.php?page=wc-orders");
  const order = page.getByRole("row").filter({ hasText: `${firstName()} Lovelace` });
  await expect(order).toHaveCount(1);
  await expect(order).toContainText("$20.00");
});

test("the merchant comes to WooCommerce, and the shop stays open", async ({ page, browser }) => {
  await page.goto("/wp-admin/admin.php?page=wc-admin");
  await expect(page.getByRole("heading", { name: "Home" })).toBeVisible();
  expect(page.url()).not.toContain("setup-wizard");

  const guest = await browser.newContext();
  const shop = await guest.newPage();
  await shop.goto(new URL("/", page.url()).href);
  await expect(shop.getByRole("link", { name: "Sample product" }).first()).toBeVisible();
  await guest.close();
});
