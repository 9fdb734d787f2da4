import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { OperationFactsFragment, StoreDetailsFragment } from "@/gql/graphql";
import { type Answers, nothing, unreachable, viewer } from "@/testing/platform";
import { aDetailedStore, anOperation, aReason } from "@/testing/records";
import { showStore, streaming } from "@/testing/store-page";

const RESETTING = anOperation({ id: "operation_1_2", number: 2, kind: "RESET_PASSWORD", status: "RUNNING", finishedAt: null });
const PASSWORD = "n3w-s3cret";

const answered = (payload: object): Answers => ({
  ResetAdminPassword: () => ({
    __typename: "Mutation",
    resetAdminPassword: { __typename: "ResetAdminPasswordPayload", store: null, username: null, password: null, errors: [], ...payload },
  }),
});
const refused = (code: string) => answered({ errors: [{ __typename: "UserError", code, message: `The server’s words for ${code}.` }] });
const BEGUN = answered({ store: aDetailedStore({ operation: RESETTING }), username: "admin", password: PASSWORD });

const button = () => screen.findByRole("button", { name: "Set a new password" });
const dialog = (name = "Set a new password for candles?") => within(screen.getByRole("dialog", { name }));
const goOn = () => userEvent.click(dialog().getByRole("button", { name: "Set a new password" }));
const shown = () => dialog("The new password for candles");

test("a new password is set once that is confirmed, and nothing is done before", async () => {
  const { asked } = showStore({}, { ResetAdminPassword: nothing });
  await userEvent.click(await button());
  expect([...screen.getByRole("dialog").querySelectorAll("form > p")].map(({ textContent }) => textContent)).toEqual([
    "The shop’s administrator gets a new password, which is shown here once. The one of now ends, and whoever is signed in with it is signed out.",
    "Shoppers notice nothing, and other accounts of the shop stay as they are.",
  ]);
  await userEvent.click(dialog().getByRole("button", { name: "Leave it as it is" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asked.filter(({ name }) => name === "ResetAdminPassword")).toEqual([]);
});

test("it is shown once, to be copied, and is nowhere once the dialog is closed", async () => {
  const { asked } = showStore({}, BEGUN);
  await userEvent.click(await button());
  await goOn();
  expect(await screen.findByText("Keep it in a safe place: this is not shown again.")).toBeDefined();
  expect(shown().getByText(PASSWORD)).toBeDefined();
  expect(shown().getByText("admin")).toBeDefined();
  expect(shown().getByRole("button", { name: "Copy password" })).toBeDefined();
  expect(asked.filter(({ name }) => name === "ResetAdminPassword").map(({ variables }) => variables)).toEqual([{ input: { id: "store_1" } }]);
  await userEvent.click(shown().getByRole("button", { name: "I have kept it" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(document.body.innerHTML).not.toContain(PASSWORD);
});

test.each<[Partial<OperationFactsFragment>, string]>([
  [{ status: "SUCCEEDED" }, "It is valid now."],
  [
    { status: "FAILED", reason: aReason("PASSWORD_NOT_SET", "No such user.") },
    "The administrator’s new password could not be set in the shop. The password of before stays valid: the shop’s history says more.",
  ],
  [{ status: "CANCELLED" }, "It was not set. The password of before stays valid: the shop’s history says more."],
])("what became of it stands below it: %o", async (end, said) => {
  const { answers, send } = streaming();
  showStore({}, { ...BEGUN, ...answers });
  await userEvent.click(await button());
  await goOn();
  expect(await screen.findByText("It is being set in the shop. Until that is done, in a moment, the one of before is valid.")).toBeDefined();
  const store: StoreDetailsFragment = aDetailedStore({ operation: { ...RESETTING, ...end } });
  send({ ...store, version: store.version + 1 });
  expect((await shown().findByText(said)).textContent).toBe(said);
  expect(shown().getByText(PASSWORD)).toBeDefined();
});

test.each<[string, Answers, string]>([
  ["a chart without what is needed", refused("NOT_AVAILABLE"), "The server’s words for NOT_AVAILABLE."],
  ["another operation", refused("OPERATION_UNDER_WAY"), "The server’s words for OPERATION_UNDER_WAY."],
  ["a platform that is away", { ResetAdminPassword: unreachable }, "The platform did not answer."],
])("a refusal for %s stands above the buttons, and the dialog stays", async (_, answers, said) => {
  showStore({}, answers);
  await userEvent.click(await button());
  await goOn();
  const alert = await dialog().findByRole("alert");
  expect(alert.textContent).toContain("No new password was set");
  expect(alert.textContent).toContain(said);
});

test("while something else is done with the shop, nothing is asked", async () => {
  showStore({ operation: anOperation({ kind: "BACKUP", status: "RUNNING", finishedAt: null }) });
  const asking = await button();
  expect(asking.getAttribute("aria-disabled")).toBe("true");
  await userEvent.click(asking);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("nobody but the owner is offered one", async () => {
  showStore({ owner: "somebody", ownerName: "Some Body" }, { Viewer: viewer("ADMIN") });
  expect(await screen.findByText(/Only Some Body, the owner/)).toBeDefined();
  expect(screen.queryByRole("button", { name: "Set a new password" })).toBeNull();
});
