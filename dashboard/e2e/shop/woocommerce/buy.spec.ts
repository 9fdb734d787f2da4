import { expect, test } from "@playwright/test";
import { firstName, given } from "../given";

/** Run by `tests/real/test_purchase.py`, against a shop of WooCommerce that really runs. */

test("a guest buys the sample product", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle(new RegExp(given("E2E_SHOP")));
  await page.getByRole("link", { name: "Sample product" }).first().click();
  await page.getByRole("spinbutton").fill("2");
  await page.getByRole("button", { name: "Add to cart", exact: true }).click();
  await page.getByRole("link", { name: "View cart" }).first().click();
  await page.getByRole("link", { name: "Proceed to Checkout" }).click();

  await page.getByLabel("Email address").fill(given("E2E_SHOPPER"));
  await page.getByLabel("Country/Region").selectOption("Germany");
  await page.getByLabel("First name").fill(firstName());
  await page.getByLabel("Last name").fill("Lovelace");
  await page.getByLabel("Address", { exact: true }).fill("Hafenstraße 7");
  await page.getByLabel("Postal code").fill("20359");
  await page.getByLabel("City").fill("Hamburg");

  const received = page.getByRole("heading", { name: "Order received" });
  await expect(async () => {
    // A press is lost while the page still tells the shop of the address.
    if (!(await received.isVisible())) await page.getByRole("button", { name: "Place Order" }).click({ timeout: 5_000 });
    await expect(received).toBeVisible({ timeout: 15_000 });
  }).toPass();
  await expect(page.getByText("$20.00").first()).toBeVisible();
});
