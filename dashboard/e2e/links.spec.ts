import { expect, type Page, test } from "@playwright/test";
import { inspect } from "./inspect";
import { linkTo, newToken, openAs } from "./platform";

/** Who is signed in, as the page has it. */
function signedInAs(page: Page, name: string) {
  return expect(page.getByRole("button", { name: `Account of ${name}` })).toBeVisible();
}

/** The addresses that the tab's history has. */
async function historyOf(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { entries } = await session.send("Page.getNavigationHistory");
  await session.detach();
  return entries.map(({ url }) => url);
}

const question = (page: Page, name: string) => page.getByRole("dialog", { name: `Sign in as ${name}?` });
const refusal = (page: Page) => page.getByRole("dialog", { name: "The link did not sign you in" });

test("a link signs in once, and is in no address and no history", async ({ page, browser }) => {
  const link = await linkTo("/tokens", await newToken("dora"));
  await page.goto(link);
  await signedInAs(page, "dora");
  await expect(page.getByText("Signed in with a link")).toBeVisible();
  expect((await historyOf(page)).join()).not.toContain("code");
  await page.reload();
  await signedInAs(page, "dora");

  // Whoever finds it afterwards is told that it is used, and what to do
  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  await expect(refusal(other)).toContainText("was used already; each works once. Ask whoever gave it to you for a new one");
  await inspect(other, "link-used");
  expect((await historyOf(other)).join()).not.toContain("code");
  await other.getByRole("button", { name: "Close" }).click();
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await other.context().close();
});

test("a link that has expired, or has a token in it, says so", async ({ page }) => {
  const token = await newToken("erin");
  await page.goto(await linkTo("/", token, 0));
  await expect(refusal(page)).toContainText("This sign-in link has expired.");
  await page.getByRole("button", { name: "Close" }).click();
  await page.goto(`/stores#token=${token}`);
  await expect(refusal(page)).toContainText("such links no longer sign anybody in");
  expect((await historyOf(page)).join()).not.toContain(token);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("nobody becomes somebody else without being asked", async ({ page, context }) => {
  const [fay, gus] = [await newToken("fay"), await newToken("gus")];
  await openAs(page, fay, "/tokens");
  await signedInAs(page, "fay");

  // In the very tab: whoever declines stays, and what the link was redeemed for is revoked
  await page.goto(await linkTo("/tokens", gus));
  await expect(question(page, "gus")).toContainText("you are signed in as fay");
  await inspect(page, "link-question");
  await page.getByRole("button", { name: "Stay fay" }).click();
  await signedInAs(page, "fay");

  // In another tab of the same browser: nobody is signed in there by surprise either
  const other = await context.newPage();
  await other.goto(await linkTo("/tokens", gus));
  await expect(question(other, "gus")).toContainText("In another tab you are signed in as fay");
  await other.getByRole("button", { name: "Do not sign in" }).click();
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();

  // One who wants it becomes who the link is for, and sees nothing of the other
  await page.goto(await linkTo("/tokens?revoked", gus));
  await page.getByRole("button", { name: "Sign in as gus" }).click();
  await signedInAs(page, "gus");
  const tokens = page.getByRole("list", { name: "Tokens" }).getByRole("listitem");
  await expect(tokens.filter({ hasText: "fay" })).toHaveCount(0);
  await expect(tokens.filter({ hasText: "Revoked" })).toHaveCount(2);
  await page.reload();
  await signedInAs(page, "gus");
});

test("GraphiQL asks too", async ({ page }) => {
  const [hal, ida] = [await newToken("hal"), await newToken("ida")];
  await page.goto(await linkTo("/graphiql", hal));
  await expect(page.getByText("Signed in.")).toBeVisible();
  await page.goto(await linkTo("/graphiql", ida));
  await page.getByRole("button", { name: "Sign in as ida" }).click();
  await page.getByRole("link", { name: "Back to the dashboard" }).click();
  await signedInAs(page, "ida");
  await page.goto(`/graphiql#token=${hal}`);
  await expect(page.getByRole("alert")).toContainText("such links no longer sign anybody in");
  await page.goto("/stores");
  await signedInAs(page, "ida");
});
