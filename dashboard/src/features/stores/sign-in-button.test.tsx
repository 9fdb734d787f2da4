import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { type Answers, unreachable } from "@/testing/platform";
import { showStore } from "@/testing/store-page";

const URL = "http://candles.test/auth/sign-in#a-token";
const answered = (payload: object): Answers => ({
  CreateSignInLink: () => ({
    __typename: "Mutation",
    createSignInLink: { __typename: "CreateSignInLinkPayload", url: null, errors: [], ...payload },
  }),
});
const REFUSED = answered({ errors: [{ __typename: "UserError", code: "NOT_AVAILABLE", message: "The server’s words." }] });

const signIn = async () => userEvent.click(await screen.findByRole("button", { name: "Sign in to your shop" }));

function tabs(tab: object | null) {
  return vi.spyOn(window, "open").mockReturnValue(tab as Window | null);
}

afterEach(() => vi.restoreAllMocks());

test("a new tab gets the link, and this page has it nowhere", async () => {
  const replace = vi.fn();
  const tab = { opener: window, location: { replace }, close: vi.fn() };
  const opened = tabs(tab);
  const { asked } = showStore({}, answered({ url: URL }));
  await signIn();
  await vi.waitFor(() => expect(replace.mock.calls).toEqual([[URL]]));
  expect(opened.mock.calls).toEqual([["about:blank", "_blank"]]);
  expect(tab.opener).toBeNull();
  expect(tab.close).not.toHaveBeenCalled();
  expect(asked.filter(({ name }) => name === "CreateSignInLink").map(({ variables }) => variables)).toEqual([{ input: { id: "store_1" } }]);
  expect(document.body.innerHTML).not.toContain("a-token");
});

test.each<[string, Answers, string]>([
  ["a shop without a link", REFUSED, "The server’s words."],
  ["a platform that is away", { CreateSignInLink: unreachable }, "The platform did not answer."],
])("of %s the tab is closed again, and the reason told", async (_, answers, said) => {
  const tab = { opener: window, location: { replace: vi.fn() }, close: vi.fn() };
  tabs(tab);
  showStore({}, answers);
  await signIn();
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("You were not signed in");
  expect(alert.textContent).toContain(said);
  expect(tab.close).toHaveBeenCalledOnce();
  expect(tab.location.replace).not.toHaveBeenCalled();
});

test("where the browser opens no tab, no link is made", async () => {
  tabs(null);
  const { asked } = showStore({}, answered({ url: URL }));
  await signIn();
  expect((await screen.findByRole("alert")).textContent).toContain("Allow this page to open one");
  expect(asked.filter(({ name }) => name === "CreateSignInLink")).toEqual([]);
});
