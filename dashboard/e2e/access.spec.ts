import { expect, test } from "@playwright/test";
import { control, createStore, newToken, openAs, signIn } from "./platform";

test("two people do not see each other's stores", async ({ page, browser }) => {
  await openAs(page, await newToken("alice"));
  await createStore(page, "alices-shop");
  const address = new URL(page.url()).pathname;

  const other = await (await browser.newContext()).newPage();
  await openAs(other, await newToken("bob"));
  await expect(other.getByRole("heading", { name: "Your first shop is a name away" })).toBeVisible();
  await other.goto(address);
  await expect(other.getByRole("heading", { name: "No such store" })).toBeVisible();
  await other.context().close();

  await page.goto("/");
  await expect(page.getByRole("link", { name: "alices-shop", exact: true })).toBeVisible();
});

test("signing in leads to what was asked for, signing out forgets it", async ({ page }) => {
  const token = await newToken("carol");
  await page.goto("/tokens");
  await signIn(page, "sp_wrong");
  await expect(page.getByRole("alert")).toContainText("This token is not accepted.");
  await signIn(page, token);
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();

  await page.getByRole("button", { name: "Account of carol" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("a token is made and shown once, signs in, and is revoked", async ({ page, browser }) => {
  await openAs(page, await newToken("erin"), "/tokens");
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByLabel("What it is for").fill("deploy script");
  await page.getByRole("button", { name: "Make the token" }).click();
  const secret = await page.locator("dialog code").innerText();
  await page.getByRole("button", { name: "I have copied it" }).click();
  await expect(page.getByText(secret)).toBeHidden();

  const program = await (await browser.newContext()).newPage();
  await program.goto("/");
  await signIn(program, secret);
  await expect(program.getByText("Live", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Revoke deploy script" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "deploy script" })).toHaveCount(0);
  await expect(program.getByText("You were signed out")).toBeVisible();
  await program.context().close();
});

test("a viewer is offered nothing to change", async ({ page }) => {
  const token = await newToken("frank");
  await control("create", { token, name: "franks-shop" });
  await openAs(page, await newToken("frank", "viewer"));
  await page.getByRole("link", { name: "franks-shop", exact: true }).click();
  await expect(page.getByRole("heading", { name: "franks-shop", level: 1 })).toBeVisible();
  await expect(page.getByRole("button", { name: /Cancel|Delete|Try again/ })).toHaveCount(0);
  await page.goto("/stores/new");
  await expect(page.getByText("Your role is viewer, which may only look")).toBeVisible();
  await expect(page.getByRole("textbox")).toHaveCount(0);
  await page.goto("/audit");
  await expect(page.getByRole("alert")).toContainText("This could not be loaded");
});
