import { expect, type Page, type Request, test } from "@playwright/test";
import { inspect } from "./inspect";
import { control } from "./platform";

test.beforeEach(() => control("trust_issuer"));

/** Begin the sign-in where one is, and say to the issuer who one is. */
async function signInAs(page: Page, person: string): Promise<void> {
  await page.getByRole("button", { name: /^Sign in with / }).click();
  await expect(page.getByRole("heading", { name: "Who are you?" })).toBeVisible();
  await page.getByRole("link", { name: person, exact: true }).click();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Account of alice" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
}

test("somebody signs in with an issuer, stays so, and signs out", async ({ page, request }) => {
  const answers: string[] = [];
  let exchange: Request | undefined;
  page.on("request", (sent) => {
    if (new URL(sent.url()).pathname === "/signed-in") answers.push(sent.url());
    if (new URL(sent.url()).pathname === "/token") exchange = sent;
  });

  // Given a page that asks who one is
  await page.goto("/tokens?from=a-link");
  await expect(page.getByRole("button", { name: /^Sign in with / })).toBeVisible();
  await inspect(page, "sign-in-issuer");

  // When they say so to the issuer, then they are where they wanted to be, as who they are there
  await signInAs(page, "alice");
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/tokens?from=a-link");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Account of alice" }).click();
  await expect(page.locator("#account")).toContainText("operator");

  // And still so after a reload
  await page.reload();
  await expect(page.getByRole("button", { name: "Account of alice" })).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();

  // When they sign out, then nothing of theirs is left in the tab, not even after a reload
  await signOut(page);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(await page.evaluate(() => [...Object.keys(sessionStorage), ...Object.keys(localStorage)])).toEqual([]);

  // And the issuer's answer is good for nothing a second time, here or by hand
  await page.goto(answers[0] ?? "");
  await expect(page.getByRole("alert")).toContainText("This answer belongs to no sign-in of this tab.");
  const again = await request.post(exchange?.url() ?? "", {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    data: exchange?.postData() ?? "",
  });
  expect([again.status(), await again.json()]).toEqual([400, { error: "invalid_grant" }]);
});

test("an answer that nobody here asked for signs nobody in", async ({ page }) => {
  await page.goto("/signed-in?code=stolen&state=made-up");
  await expect(page.getByRole("alert")).toContainText("This answer belongs to no sign-in of this tab.");
  await inspect(page, "sign-in-issuer-failed");
  await page.getByRole("link", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("a sign-in that is refused is explained, and can be tried again", async ({ page }) => {
  await page.goto("/");
  await signInAs(page, "nobody");
  await expect(page.getByRole("alert")).toContainText("The sign-in was refused: alice thought better of it.");
  await page.getByRole("link", { name: "Try again" }).click();

  await signInAs(page, "nobody-here");
  await expect(page.getByRole("alert")).toContainText("this platform does not let you in. Ask its administrators for a role.");
  await page.getByRole("link", { name: "Try again" }).click();

  await control("issuer_is_down", { isDown: true });
  await page.getByRole("button", { name: /^Sign in with / }).click();
  await expect(page.getByRole("alert")).toContainText("The provider did not answer.");
  await control("issuer_is_down", { isDown: false });

  await signInAs(page, "alice");
  await expect(page.getByRole("heading", { name: "Your first shop is a name away" })).toBeVisible();
});
