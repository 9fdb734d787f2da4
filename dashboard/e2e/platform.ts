import { request } from "node:http";
import { expect, type Locator, type Page } from "@playwright/test";

type Answer = Record<string, unknown>;

/** Have pytest do something to the service; see tests/e2e/control.py. */
export function control(action: string, given: Answer = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(given);
    const sent = request(
      `${process.env.E2E_CONTROL ?? ""}/${action}`,
      { method: "POST", headers: { "content-length": Buffer.byteLength(body) } },
      (answer) => {
        let text = "";
        answer.on("data", (part: Buffer) => (text += part.toString()));
        answer.on("end", () => {
          if (answer.statusCode === 200) resolve(JSON.parse(text) as Answer);
          else reject(new Error(`${action}: ${text}`));
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

export async function newToken(owner: string, role = "operator"): Promise<string> {
  return String((await control("token", { owner, role })).token);
}

/** The address of a page that signs in as a token's owner, once. */
export async function linkTo(path: string, token: string, seconds = 600): Promise<string> {
  return `${path}#code=${String((await control("code", { token, seconds })).code)}`;
}

/** Open a page signed in, the way `make up` does it. */
export async function openAs(page: Page, token: string, path = "/"): Promise<void> {
  await page.goto(await linkTo(path, token));
  await expect(page.getByRole("button", { name: /^Account/ })).toBeVisible();
}

export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Access token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Create a store through the form; its page is open afterwards. */
export async function createStore(page: Page, name: string): Promise<void> {
  await page.goto("/stores/new");
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("radio", { name: /WooCommerce/ }).check();
  await page.getByRole("button", { name: "Create store" }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
}

/** Wait until the open store's page shows this status beside its name. */
export async function statusIs(page: Page, word: string): Promise<void> {
  const title = page.locator("header", { has: page.getByRole("heading", { level: 1 }) });
  await expect(title.getByText(word, { exact: true })).toBeVisible({ timeout: 60_000 });
}

/** Unfold what is out of sight until somebody asks for it. */
export async function unfold(page: Page, summary: string): Promise<void> {
  await page.locator("summary").filter({ has: page.getByText(summary, { exact: true }) }).click();
}

export function step(page: Page, name: string): Locator {
  return page.locator(`[data-step="${name}"]`);
}
