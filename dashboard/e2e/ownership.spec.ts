import { expect, test } from "@playwright/test";
import { inspect } from "./inspect";
import { createStore, newToken, openAs, statusIs } from "./platform";

test("a shop gets a title, a new password, and another owner who accepts it", async ({ page, browser }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "handed-over");
  await statusIs(page, "Ready");
  const address = new URL(page.url()).pathname;

  // When it is renamed, then it is called that here, at the address it had
  await page.getByRole("button", { name: "Rename" }).click();
  const renaming = page.getByRole("dialog", { name: "Rename handed-over?" });
  await renaming.getByLabel("What it is called").fill("Harbour Ceramics");
  await inspect(page, "rename-dialog");
  await renaming.getByRole("button", { name: "Rename" }).click();
  await expect(page.getByRole("heading", { name: "Harbour Ceramics", level: 1 })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe(address);

  // When its administrator gets a new password, then that is shown once, and said to be valid once it is
  await page.getByRole("button", { name: "Set a new password" }).click();
  const asking = page.getByRole("dialog", { name: "Set a new password for Harbour Ceramics?" });
  await inspect(page, "new-password-dialog");
  await asking.getByRole("button", { name: "Set a new password" }).click();
  const shown = page.getByRole("dialog", { name: "The new password for Harbour Ceramics" });
  const password = (await shown.locator("code").last().innerText()).trim();
  expect(password).toMatch(/^\S{16,}$/);
  await expect(shown.getByText("It is valid now.")).toBeVisible();
  await inspect(page, "new-password");
  await shown.getByRole("button", { name: "I have kept it" }).click();
  await expect(page.getByText(password)).toHaveCount(0);
  expect(await page.content()).not.toContain(password);

  // When it is offered to somebody, then both see the offer
  await page.getByRole("button", { name: "Give this shop to somebody else" }).click();
  const giving = page.getByRole("dialog", { name: "Give Harbour Ceramics to somebody else?" });
  await giving.getByLabel("Who is to have it").fill("taker");
  await inspect(page, "transfer-dialog");
  await giving.getByRole("button", { name: "Offer it" }).click();
  await expect(page.getByText(/^merchant offered this shop to taker\. They can accept it until /)).toBeVisible();
  await inspect(page, "store-offered");

  // When that person accepts it, then it is theirs, and its former owner does not see it any more
  const other = await (await browser.newContext()).newPage();
  await openAs(other, await newToken("taker"));
  await expect(other.getByText("merchant offers you the shop handed-over")).toBeVisible();
  await expect(other.getByText("A shop of WooCommerce (0.4 CPU · 1 GB memory · 15 GB disk). You can accept it until", { exact: false })).toBeVisible();
  await inspect(other, "stores-offered");
  await other.getByRole("button", { name: "Accept" }).click();
  const taking = other.getByRole("dialog", { name: "Take over handed-over?" });
  await inspect(other, "accept-dialog");
  await taking.getByRole("button", { name: "Take it over" }).click();
  await expect(other.getByRole("heading", { name: "Harbour Ceramics", level: 1 })).toBeVisible();
  await expect(other.getByRole("button", { name: "Set a new password" })).toBeVisible();
  await page.goto("/");
  await expect(page.getByText("Your first shop is a name away")).toBeVisible();
  await page.goto(address);
  await expect(page.getByRole("heading", { name: "No such store", level: 1 })).toBeVisible();
  await other.context().close();
});
