import { request } from "node:http";
import type { Page } from "@playwright/test";

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

/** Open a page signed in, the way `make up` does it. */
export async function openAs(page: Page, token: string, path = "/"): Promise<void> {
  await page.goto(`${path}#token=${token}`);
}
