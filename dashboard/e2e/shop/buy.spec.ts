import { expect, test } from "@playwright/test";
import { fillAddress } from "../shopper";
import { given } from "./given";

/** Run by `tests/real/test_purchase.py`, against a shop of Medusa that really runs. */

test("a guest buys the sample product", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle(given("E2E_SHOP"));
  await page.getByRole("link", { name: "Sample product" }).click();
  await page.getByLabel("Quantity").fill("2");
  await page.getByRole("button", { name: "Add to cart" }).click();
  await expect(page.getByRole("status")).toHaveText("Sample product is in your cart.");
  await page.getByRole("link", { name: "Check out" }).click();

  await page.getByLabel("E-mail address").fill(given("E2E_SHOPPER"));
  await fillAddress(page);
  await page.getByRole("button", { name: "Continue" }).click();

  // Two at 10 euros, and the one way of delivery at 5.
  await page.getByRole("button", { name: "Place order for €25.00" }).click();
  await expect(page.getByRole("heading", { name: "Order received" })).toBeVisible();
  await expect(page.getByText(`Your order has the number #${given("E2E_ORDER")}.`)).toBeVisible();
});
