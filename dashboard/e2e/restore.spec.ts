import { expect, type Page, test } from "@playwright/test";
import { inspect } from "./inspect";
import { control, createStore, newToken, openAs, statusIs } from "./platform";

test.beforeAll(() => control("keep_backups"));

test("a backup takes the place of its shop once somebody has read what is lost, and becomes a new shop", async ({ page }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "well-kept");
  await statusIs(page, "Ready");

  // Given a shop that was backed up
  const panel = page.getByRole("region", { name: "Backups" });
  await panel.getByRole("button", { name: "Back up now" }).click();
  await expect(panel.getByText("Backed up", { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(panel.getByText("3 orders, 2 products")).toBeVisible();

  // When it is to take the place of the shop, then a dialog says what is lost, and leaves the shop alone if told to
  const inPlace = panel.getByRole("button", { name: /^Restore in place of this shop/ });
  await inPlace.click();
  const dialog = page.getByRole("dialog", { name: /^Restore well-kept as of / });
  await expect(dialog.getByText(/^What came after .* is lost to the shop\. This is its newest backup, so nobody knows how much that is\.$/)).toBeVisible();
  await inspect(page, "restore-dialog");
  await dialog.getByRole("button", { name: "Keep the shop as it is" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(inPlace).toBeFocused();
  await expect(entriesOf(page)).toHaveCount(2);

  // When that is confirmed, then the page tells of it until the shop is ready again, and what was there before is a backup too
  await inPlace.click();
  await dialog.getByRole("button", { name: "Restore in its place" }).click();
  await expect(dialog).toHaveCount(0);
  await statusIs(page, "Being restored");
  await statusIs(page, "Ready");
  await expect(entriesOf(page).first()).toContainText("Restore of a backup in place of the shop, asked for by merchant: done");
  await expect(panel.getByRole("button", { name: /^Restore in place of this shop/ })).toHaveCount(2);
  await inspect(page, "restored");

  // And when the older one is to be a new shop, then that has another name and address, and the shop is left alone
  await panel.getByRole("link", { name: /^Restore into a new shop/ }).last().click();
  await page.getByRole("textbox", { name: "Name" }).fill("well-kept-again");
  await page.getByRole("button", { name: "Create store" }).click();
  await expect(page.getByRole("heading", { name: "well-kept-again", level: 1 })).toBeVisible();
  await statusIs(page, "Ready");
});

function entriesOf(page: Page) {
  return page.getByRole("list", { name: "History, newest first" }).getByRole("listitem");
}
