import { expect, test } from "@playwright/test";
import { inspect } from "./inspect";
import { control, createStore, newToken, openAs, statusIs, unfold } from "./platform";

const REVEAL = "mutation ($id: ID!) { revealAdminPassword(input: { id: $id }) { password errors { code } } }";

test("the owner of a shop sees its password and hides it; nobody else can", async ({ page, browser }) => {
  await openAs(page, await newToken("merchant"));
  await createStore(page, "guarded");
  await statusIs(page, "Ready");
  const address = new URL(page.url()).pathname;
  await unfold(page, "Technical details");
  const namespace = await page.locator("dd code").filter({ hasText: /^woo-/ }).first().innerText();
  const { password } = (await control("admin_password", { namespace })) as { password: string };
  expect(password).toMatch(/^\S{16,}$/);

  // Given a page that has it nowhere until it is asked for
  await expect(page.getByText(password)).toHaveCount(0);
  await page.getByRole("button", { name: "Show the password" }).click();
  await expect(page.getByText(password, { exact: true })).toBeVisible();
  await expect(page.getByText("admin", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Copy password" })).toBeVisible();
  await inspect(page, "password");

  // When it is hidden, then it is gone from the page, and the focus is where it is shown again
  await page.getByRole("button", { name: "Hide the password" }).click();
  await expect(page.getByRole("button", { name: "Show the password" })).toBeFocused();
  expect(await page.content()).not.toContain(password);
  await page.reload();
  await expect(page.getByRole("button", { name: "Show the password" })).toBeVisible();
  expect(await page.content()).not.toContain(password);

  // Then an admin, who may do everything else with the store, is not offered it, nor given it
  const admin = await newToken("root", "admin");
  const other = await (await browser.newContext()).newPage();
  await openAs(other, admin, address);
  await expect(other.getByText("Only merchant, the owner, is shown the password")).toBeVisible();
  await expect(other.getByRole("button", { name: "Delete" })).toBeVisible();
  await expect(other.getByRole("button", { name: "Show the password" })).toHaveCount(0);
  const answer = await other.request.post("/graphql", {
    headers: { authorization: `Bearer ${admin}` },
    data: { query: REVEAL, variables: { id: address.replace("/stores/", "") } },
  });
  expect(await answer.json()).toEqual({ data: { revealAdminPassword: { password: null, errors: [{ code: "FORBIDDEN" }] } } });

  // And who looked, and who was refused, is on record
  await other.goto("/audit");
  const entries = other.getByRole("listitem").filter({ hasText: "the admin password of the shop" });
  await expect(entries).toContainText(["root wanted to see", "merchant looked at"]);
  await expect(entries.getByRole("link", { name: "guarded" })).toHaveCount(2);
  await other.context().close();
});
