import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { currentToken, expireToken, setToken } from "@/lib/session";
import { SignInPage } from "./sign-in-page";

const answer = (body: unknown) => Promise.resolve(new Response(JSON.stringify(body)));
let config: { version: string; oidc: unknown };
let api: () => Promise<Response>;

beforeEach(() => {
  setToken("");
  config = { version: "1", oidc: null };
  api = () => answer({ data: { viewer: { name: "ada" } } });
  vi.stubGlobal("fetch", (url: string) => (url === "/config.json" ? answer(config) : api()));
});

async function signIn(token: string) {
  render(<SignInPage />);
  await userEvent.type(screen.getByLabelText("Access token"), `${token}{Enter}`);
}

test("a token that is accepted signs in", async () => {
  await signIn("sp_good");
  await vi.waitFor(() => expect(currentToken()).toBe("sp_good"));
});

test("a token that is not accepted is said to be so, and not kept", async () => {
  api = () => answer({ errors: [{ message: "Sign in first" }], data: null });
  await signIn("sp_bad");
  expect((await screen.findByRole("alert")).textContent).toContain("This token is not accepted.");
  expect(currentToken()).toBe("");
});

test("an API that is away is not taken for a wrong token", async () => {
  api = () => Promise.reject(new TypeError("failed to fetch"));
  await signIn("sp_good");
  expect((await screen.findByRole("alert")).textContent).toContain("The platform did not answer.");
});

test("one who was signed out by the server is told why", () => {
  setToken("sp_old");
  expireToken();
  render(<SignInPage />);
  expect(screen.getByText("You were signed out")).toBeDefined();
});

test("a provider is offered where there is one", async () => {
  config = { version: "1", oidc: { issuer: "https://id.example", clientId: "dashboard", scopes: ["openid"] } };
  render(<SignInPage />);
  expect(await screen.findByRole("button", { name: "Sign in with id.example" })).toBeDefined();
});
