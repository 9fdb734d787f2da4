import { expect, type Page, test } from "@playwright/test";
import { control, createStore, newToken, openAs, signIn, statusIs } from "./platform";

const DAY = 86_400_000;

/** Translate the page from now on as Chrome does: each text, new ones too, is put within other elements. */
async function translate(page: Page): Promise<void> {
  await page.evaluate(() => {
    const wrap = (text: Text) => {
      if (!text.data.trim() || text.parentElement?.closest("font, [translate=no], script, style")) return;
      const [outer, inner] = [document.createElement("font" as string), document.createElement("font" as string)];
      inner.textContent = text.data;
      outer.append(inner);
      text.replaceWith(outer);
    };
    const wrapAll = (root: Node) => {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const texts: Text[] = [];
      while (walker.nextNode()) texts.push(walker.currentNode as Text);
      texts.forEach(wrap);
    };
    wrapAll(document.body);
    new MutationObserver((changes) => {
      for (const { target, addedNodes } of changes) {
        if (target instanceof Text) wrap(target);
        for (const added of addedNodes) {
          if (added instanceof Text) wrap(added);
          else wrapAll(added);
        }
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

test("a page that the browser translates shows what is so", async ({ page }) => {
  const problems: Error[] = [];
  page.on("pageerror", (problem) => problems.push(problem));
  const token = await newToken("polyglot");
  await openAs(page, token);
  await translate(page);
  await page.getByRole("link", { name: "Create a store" }).click();
  const name = page.getByRole("textbox", { name: "Name" });
  await name.fill("a");
  await name.blur();
  await expect(page.getByRole("alert")).toContainText("Use at least 3 characters.");
  await name.fill("translated");
  await page.getByRole("button", { name: "Create store" }).click();
  await statusIs(page, "Ready");
  await expect(page.getByText("Ready since")).toBeVisible();
  await control("delete", { token, name: "translated" });
  await statusIs(page, "Deleted");
  await expect(page.getByText("Gone since")).toBeVisible();
  await expect(page.getByText("Ready since")).toHaveCount(0);
  await page.getByRole("link", { name: "Tokens" }).click();
  await expect(page.getByRole("list", { name: "Tokens" })).toBeVisible();
  await expect(page.getByText("The page broke")).toHaveCount(0);
  expect(problems).toEqual([]);
});

for (const [said, off] of [["a day slow", -DAY], ["a day fast", DAY]] as const) {
  test(`a browser whose clock is ${said} shows the server's times`, async ({ page }) => {
    await page.clock.install({ time: Date.now() + off });
    const token = await newToken(`clock-${said.replaceAll(" ", "-")}`);
    await openAs(page, token, "/tokens");
    await expect(page.getByRole("listitem").first()).toContainText(/Made (just now|\d minutes? ago)/);
    await expect(page.getByRole("listitem").first()).not.toContainText("Expired");
    await createStore(page, `on-time-${said.slice(-4)}`);
    await expect(page.getByText("Created", { exact: true }).locator("..")).toContainText(/just now|\d minutes? ago/);
  });
}

test("a page that can keep nothing signs in, and goes on", async ({ page }) => {
  await page.addInitScript(() => {
    const blocked = { get: () => { throw new DOMException("blocked", "SecurityError"); } };
    for (const name of ["localStorage", "sessionStorage", "BroadcastChannel"]) Object.defineProperty(window, name, blocked);
  });
  const token = await newToken("private");
  await openAs(page, token);
  await page.getByRole("link", { name: "Tokens" }).click();
  await expect(page.getByText("Signed in with a link")).toBeVisible();
  await page.getByRole("button", { name: "Account of private" }).click();
  await page.getByLabel("Appearance").selectOption("Dark");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await signIn(page, token);
  await expect(page.getByRole("button", { name: "Account of private" })).toBeVisible();
});

test("what is kept may be cleared or be anything", async ({ page }) => {
  const token = await newToken("tinkerer");
  await openAs(page, token);
  await page.evaluate(() => sessionStorage.clear());
  await page.getByRole("link", { name: "Tokens" }).click();
  await expect(page.getByText("Signed in with a link")).toBeVisible();
  await page.evaluate(() => {
    for (const storage of [localStorage, sessionStorage]) {
      for (const key of ["store-platform-token", "store-platform-theme", "graphiql:tabState", "graphiql:theme", "oidc.state"]) storage.setItem(key, "{\u{1F4A5}");
    }
  });
  await page.goto("/stores");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto("/graphiql");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await expect(page.getByLabel("Query Editor").first()).toBeVisible();
});

test("a page that the browser brings back as it was knows who signed out meanwhile", async ({ page }) => {
  const token = await newToken("returner");
  await openAs(page, token, "/tokens");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.goto("/graphiql");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});
