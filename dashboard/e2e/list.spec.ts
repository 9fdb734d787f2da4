import { expect, test } from "@playwright/test";
import { control, newToken, openAs } from "./platform";

test("a thousand stores are searched, sorted and paged through", async ({ page }) => {
  const token = await newToken("librarian");
  await control("record_deleted", { token, count: 1000 });
  await openAs(page, token, "/stores?status=deleted");
  const rows = page.getByRole("list", { name: "Stores" }).getByRole("listitem");
  await expect(page.getByText("1,000 stores found")).toBeVisible();
  await expect(rows).toHaveCount(50);

  await page.getByRole("link", { name: "Next" }).click();
  await expect(rows.first()).toContainText("shop-0050");
  await page.getByRole("link", { name: "Next" }).click();
  await expect(rows.first()).toContainText("shop-0100");
  await page.getByRole("link", { name: "Previous" }).click();
  await expect(rows.first()).toContainText("shop-0050");
  await page.goBack();
  await expect(rows.first()).toContainText("shop-0100");

  await page.getByLabel("Order").selectOption("Name, Z to A");
  await expect(rows.first()).toContainText("shop-0999");
  await page.getByRole("searchbox", { name: "Search by name" }).fill("shop-012");
  await expect(page.getByText("10 stores found")).toBeVisible();
  await expect(rows.first()).toContainText("shop-0129");

  // What is shown has an address of its own
  await page.reload();
  await expect(page.getByText("10 stores found")).toBeVisible();
  await page.getByRole("searchbox", { name: "Search by name" }).fill("no-such");
  await page.getByRole("button", { name: "Show all stores" }).click();
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText("the-pattern");
});
