import { expect, type Page, test } from "@playwright/test";
import { newToken, statusIs } from "./platform";

/** Press Tab until the focus is on what has this name. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const wanted = page.getByRole("button", { name, exact: true }).or(page.getByRole("link", { name, exact: true }));
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    for (const candidate of await wanted.all()) {
      if (await candidate.evaluate((element) => element === document.activeElement)) return;
    }
  }
  throw new Error(`Tab never reached ${String(name)}`);
}

test("everything is done with the keyboard alone", async ({ page }) => {
  const token = await newToken("keys");
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Access token")).toBeFocused();
  await page.keyboard.type(token);
  await page.keyboard.press("Enter");

  await expect(page.getByRole("link", { name: "Create a store" })).toBeVisible();
  await tabTo(page, "Create a store");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "New store" })).toBeFocused();
  await expect(page.getByRole("textbox", { name: "Name" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("textbox", { name: "Name" })).toBeFocused();
  await page.keyboard.type("by-hand");
  await page.keyboard.press("Enter");

  await statusIs(page, "Ready");
  await tabTo(page, "Delete");
  await page.keyboard.press("Enter");
  const confirmation = page.getByRole("textbox", { name: "Type “by-hand” to go on" });
  await expect(confirmation).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Delete", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(confirmation).toBeFocused();
  await page.keyboard.type("by-hand");
  await expect(confirmation).toHaveValue("by-hand");
  await page.keyboard.press("Enter");
  await statusIs(page, "Deleted");
});
