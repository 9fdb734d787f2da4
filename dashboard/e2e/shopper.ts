import type { Page } from "@playwright/test";

/** Say who buys and where to, at a storefront's check-out, except for the e-mail address. */
export async function fillAddress(page: Page): Promise<void> {
  await page.getByLabel("First name").fill("Ada");
  await page.getByLabel("Last name").fill("Lovelace");
  await page.getByLabel("Street and number").fill("Hafenstraße 7");
  await page.getByLabel("Postal code").fill("20359");
  await page.getByLabel("City").fill("Hamburg");
  await page.getByLabel("Country").selectOption("Germany");
}
