import { expect, test } from "@playwright/test";
import { inspect } from "./inspect";
import { control, createStore, newToken, openAs, statusIs, unfold } from "./platform";

const MISSING = { wordpress: { image: { repository: "image-not-found.invalid/wordpress" } } };

test("every page, in both themes", async ({ page }) => {
  test.setTimeout(600_000);
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await inspect(page, "sign-in");

  await openAs(page, await newToken("ada", "admin"));
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Your first shop is a name away" })).toBeVisible();
  await inspect(page, "empty");

  await page.goto("/stores/new");
  await page.getByRole("textbox", { name: "Name" }).fill("ab");
  await page.getByRole("textbox", { name: "Name" }).blur();
  await expect(page.getByRole("alert")).toBeVisible();
  await inspect(page, "create");

  await createStore(page, "candles-and-co");
  await statusIs(page, "Ready");
  await inspect(page, "store-ready");
  await page.getByRole("button", { name: "Delete" }).click();
  await inspect(page, "delete");
  await page.keyboard.press("Escape");

  await control("give_values", { values: MISSING });
  await control("restart");
  await createStore(page, "old-books");
  await statusIs(page, "Failed");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await inspect(page, "store-failed");
  await unfold(page, "Technical details");
  await inspect(page, "store-technical");

  await page.goto("/stores");
  await expect(page.getByRole("list", { name: "Stores" }).getByRole("listitem")).toHaveCount(2);
  await inspect(page, "stores");
  await page.getByRole("button", { name: /Account/ }).click();
  await inspect(page, "account");
  await page.keyboard.press("Escape");

  await page.goto("/tokens");
  await expect(page.getByRole("list", { name: "Tokens" })).toBeVisible();
  await inspect(page, "tokens");
  await page.getByRole("button", { name: "New token" }).click();
  await inspect(page, "new-token");

  await page.goto("/audit");
  await expect(page.getByRole("heading", { name: "Audit" })).toBeVisible();
  await expect(page.locator('[data-state="ready"]')).toBeVisible();
  await inspect(page, "audit");

  await page.goto("/no-such-page");
  await expect(page.getByRole("heading", { name: "No such page" })).toBeVisible();
  await inspect(page, "no-such-page");

  await page.goto("/stores");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expect(page.getByRole("list", { name: "Stores" }).getByRole("listitem")).toHaveCount(2);
  await control("kill");
  await expect(page.getByText("Reconnecting …")).toBeVisible();
  await inspect(page, "reconnecting");
  await control("start");
});
