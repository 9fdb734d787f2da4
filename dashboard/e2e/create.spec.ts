import { expect, test } from "@playwright/test";
import { createStore, newToken, openAs, statusIs, step, unfold } from "./platform";

test("a store is created, watched until it is ready, and deleted", async ({ page }) => {
  await openAs(page, await newToken("merchant"));

  // Given nobody's store: the page invites the first one
  await expect(page.getByRole("heading", { name: "Your first shop is a name away" })).toBeVisible();
  await page.getByRole("link", { name: "Create a store" }).click();

  // When its name is typed, the rules and the address are told meanwhile
  const name = page.getByRole("textbox", { name: "Name" });
  await name.fill("My Shop");
  await expect(page.getByText("Use only lower-case letters a-z, digits and hyphens.")).toBeVisible();
  await name.fill("my-shop");
  await expect(page.getByText("http://my-shop.store.localhost")).toBeVisible();
  await page.getByRole("radio", { name: /WooCommerce/ }).check();
  await page.getByRole("button", { name: "Create store" }).click();

  // Then its own page shows every step until it is ready
  await expect(page.getByRole("heading", { name: "my-shop", level: 1 })).toBeVisible();
  await statusIs(page, "Ready");
  for (const done of ["NAMESPACE", "CREDENTIALS", "HELM_INSTALL", "WORKLOADS_READY", "SETUP_JOB"]) {
    await expect(step(page, done)).toHaveAttribute("data-status", "SUCCEEDED");
  }
  await expect(step(page, "REACHABLE")).toHaveAttribute("data-status", "SKIPPED");
  await expect(page.getByText(/^Set up in .* · show the steps$/)).toBeVisible();
  await expect(page.getByText("The shop is ready.")).toBeVisible();
  await expect(page.getByText("Shops do not open here")).toBeVisible(); // the pods are simulated
  await expect(page.getByRole("link", { name: "Open shop" })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "wordpress" })).toBeHidden();
  await unfold(page, "Technical details");
  await expect(page.getByRole("heading", { name: "wordpress" })).toBeVisible();
  await expect(page.getByTestId("announcements")).toHaveText("my-shop is now: Ready.");

  // When it is deleted, its name must be typed
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete for good" }).click();
  await expect(page.getByText("Type my-shop, exactly.")).toBeVisible();
  await page.getByRole("textbox", { name: "Type “my-shop” to go on" }).fill("my-shop");
  await page.getByRole("button", { name: "Delete for good" }).click();

  // Then the deletion is followed to its end, and the list is empty again
  await statusIs(page, "Deleted");
  await expect(step(page, "NAMESPACE_GONE")).toHaveAttribute("data-status", "SUCCEEDED");
  await expect(page.getByText("This store is gone")).toBeVisible();
  await page.getByRole("link", { name: "Stores", exact: true }).first().click();
  await expect(page.getByRole("heading", { name: "Your first shop is a name away" })).toBeVisible();
});

test("what the server refuses stands at the field", async ({ page }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "taken-name");
  await page.goto("/stores/new");
  await page.getByRole("textbox", { name: "Name" }).fill("taken-name");
  await page.getByRole("button", { name: "Create store" }).click();

  const name = page.getByRole("textbox", { name: "Name" });
  await expect(name).toHaveAttribute("aria-invalid", "true");
  await expect(name).toBeFocused();
  await expect(page.getByRole("alert")).toContainText("taken-name");
});

test("a store is given up while it is being built", async ({ page }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "given-up");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Give it up" }).click();
  await statusIs(page, "Deleted");
});
