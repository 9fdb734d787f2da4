import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { ReasonCode, StoreDetailsFragment } from "@/gql/graphql";
import { type Answers, nothing, unreachable, viewer } from "@/testing/platform";
import { aDetailedStore, anOperation, aReason, aStep } from "@/testing/records";
import { listening, noticeTexts, showStore, streaming } from "@/testing/store-page";

const RESTARTING = anOperation({ id: "operation_1_2", number: 2, kind: "RESTART", status: "RUNNING", finishedAt: null });
const REPLACING = [aStep({ name: "RESTART", status: "RUNNING", message: "Pod db-0 is ending.", finishedAt: null })];
const NOT_READY = aReason("NOT_READY", "0 of 1 pods of wordpress are ready.");
const ILL: Partial<StoreDetailsFragment> = { status: "DEGRADED", reason: NOT_READY };
const CRASHES = aReason("CRASH_LOOP", "wordpress: exits with 3.");
const GIVEN_UP: Partial<StoreDetailsFragment> = {
  operation: { ...RESTARTING, status: "FAILED", reason: CRASHES },
  steps: [aStep({ name: "RESTART", status: "FAILED", output: "last words" })],
};

const answered = (payload: object): Answers => ({
  RestartStore: () => ({ __typename: "Mutation", restartStore: { __typename: "RestartStorePayload", store: null, errors: [], ...payload } }),
});
const refused = (code: string) => answered({ errors: [{ __typename: "UserError", code, message: `The server’s words for ${code}.` }] });
const BEGUN = answered({ store: aDetailedStore({ operation: { ...RESTARTING, status: "QUEUED" }, steps: REPLACING }) });

const restartButton = () => screen.findByRole("button", { name: "Restart shop" });
const panel = () => screen.queryByRole("region", { name: "If something does not work" });
const dialog = () => within(screen.getByRole("dialog", { name: "Restart candles?" }));
const goOn = () => userEvent.click(dialog().getByRole("button", { name: "Restart shop" }));
const WHAT_IT_HELPS = "A restart often helps when the shop is slow, or a part of it hangs.";

test("a shop that is ready says when a restart helps, and asks before it is done", async () => {
  const { asked } = showStore({}, { RestartStore: nothing });
  const button = await restartButton();
  expect(panel()?.contains(button)).toBe(true);
  expect(within(panel() as HTMLElement).getByText(WHAT_IT_HELPS)).toBeDefined();
  await userEvent.click(button);
  expect([...screen.getByRole("dialog").querySelectorAll("form > p")].map(({ textContent }) => textContent)).toEqual([
    `Every part of the shop starts anew, its database first. ${WHAT_IT_HELPS}`,
    "Shoppers may have to wait for some seconds. What somebody does just then, such as sending an order, may have to be done again.",
    "Nothing is lost: products, orders and settings stay as they are. Its admin may ask you to sign in again.",
  ]);
  await userEvent.click(dialog().getByRole("button", { name: "Leave it as it is" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asked.filter(({ name }) => name === "RestartStore")).toEqual([]);
});

test("a shop is restarted once that is confirmed, and the page shows at once what is done", async () => {
  const { said, stop } = listening();
  const { asked } = showStore({}, BEGUN);
  await userEvent.click(await restartButton());
  await goOn();
  expect(await screen.findByText("Being restarted")).toBeDefined();
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asked.filter(({ name }) => name === "RestartStore").map(({ variables }) => variables)).toEqual([{ input: { id: "store_1" } }]);
  expect(said).toEqual(["candles is being restarted."]);
  stop();
});

test.each<[string, Answers, string]>([
  ["a shop that cannot be restarted", refused("NOT_READY"), "This shop cannot be restarted as it is now. Its page says how it is doing."],
  ["another operation", refused("OPERATION_UNDER_WAY"), "The server’s words for OPERATION_UNDER_WAY."],
  ["a platform that is away", { RestartStore: unreachable }, "The platform did not answer."],
])("a refusal for %s stands above the buttons, and the dialog stays", async (_, answers, said) => {
  showStore({}, answers);
  await userEvent.click(await restartButton());
  await goOn();
  const alert = await dialog().findByRole("alert");
  expect(alert.textContent).toContain("The shop was not restarted");
  expect(alert.textContent).toContain(said);
});

test.each<[string, string, string]>([
  ["a merchant", "OPERATOR", "A restart often helps: choose “Restart shop”. If it does not, tell whoever runs the platform."],
  ["whoever runs the platform", "ADMIN", "A restart often helps: choose “Restart shop”. If it does not, the technical details say what to correct."],
])("of a problem that a restart often mends it is the first thing to try for %s", async (_, role, said) => {
  showStore(ILL, { ...BEGUN, Viewer: viewer(role) });
  const button = await restartButton();
  expect(await noticeTexts("The shop was ready, but a part of it does not run at the moment.")).toEqual([said]);
  expect(panel()).toBeNull();
  await userEvent.click(button);
  await goOn();
  expect(await screen.findByText("Being restarted")).toBeDefined();
});

test.each<ReasonCode>(["UNSCHEDULABLE", "IMAGE_NOT_FOUND"])("of %s, where the shop would start no better, a restart is not advised", async (code) => {
  showStore({ status: "DEGRADED", reason: aReason(code, "0/3 nodes.") });
  const button = await restartButton();
  expect(panel()?.contains(button)).toBe(true);
  expect(screen.getByText(/^The platform goes on watching the shop\./)).toBeDefined();
});

test("whoever is asked keeps the dialog when the shop is well again meanwhile", async () => {
  const { answers, send } = streaming();
  showStore(ILL, answers);
  await userEvent.click(await restartButton());
  send(aDetailedStore({ version: 13 }));
  expect(await screen.findByText("Ready")).toBeDefined();
  expect(dialog().getByRole("button", { name: "Restart shop" })).toBeDefined();
});

test("while something is done with the shop it cannot be restarted", async () => {
  showStore({ operation: anOperation({ kind: "BACKUP", status: "RUNNING" }) });
  const button = await restartButton();
  expect(button.getAttribute("aria-disabled")).toBe("true");
  await userEvent.click(button);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test.each<[string, Partial<StoreDetailsFragment>, Answers]>([
  ["to a viewer", {}, { Viewer: viewer("VIEWER") }],
  ["of a shop with problems to a viewer", ILL, { Viewer: viewer("VIEWER") }],
  ["of a shop that is created", { status: "PROVISIONING" }, {}],
  ["of a shop that failed", { status: "FAILED", reason: CRASHES }, {}],
  ["of a shop that is paused", { status: "SUSPENDED" }, {}],
  ["of a shop that leaves", { status: "DELETING", target: "DELETED" }, {}],
  ["of a shop that was just asked to leave", { ...ILL, target: "DELETED" }, {}],
])("nothing of it is offered %s", async (_, given, answers) => {
  showStore(given, answers);
  await screen.findByRole("heading", { name: "candles" });
  await screen.findByText("12 orders · 2.3 MB · woocommerce 7.1");
  expect(screen.queryByRole("button", { name: "Restart shop" })).toBeNull();
  expect(panel()).toBeNull();
  expect(screen.queryByText(/choose “Restart shop”/)).toBeNull();
});

test("while a shop is restarted its step is in sight, and shoppers still get there", async () => {
  showStore({ operation: RESTARTING, steps: REPLACING });
  expect(await noticeTexts("This shop is being restarted")).toEqual(["Shoppers may have to wait for some seconds. Everything in it stays as it is."]);
  expect(screen.getByText("Being restarted")).toBeDefined();
  expect(screen.queryByText("Ready")).toBeNull();
  expect(screen.getByRole("heading", { name: "Start every part anew" })).toBeDefined();
  expect(screen.getByText("The shop’s database starts anew, then its software.")).toBeDefined();
  expect(screen.getByText("Pod db-0 is ending.").closest("details:not([open])")).not.toBeNull(); // among what is technical
  expect((await restartButton()).getAttribute("aria-disabled")).toBe("true");
  expect(await screen.findByText("The shop is being restarted.")).toBeDefined(); // why no backup can be made
  expect(await screen.findByRole("link", { name: /Open shop/ })).toBeDefined();
});

test("a shop that was restarted is as before, and its step folds to one line", async () => {
  showStore({ operation: { ...RESTARTING, status: "SUCCEEDED" }, steps: [aStep({ name: "RESTART" })] });
  expect(await screen.findByText("Restarted in 2.0 s · show the steps")).toBeDefined();
  expect(screen.queryByText("This shop is being restarted")).toBeNull();
  expect((await restartButton()).getAttribute("aria-disabled")).toBe("false");
});

test("of a shop that could not be restarted the page says why, and it can be tried again", async () => {
  showStore({ ...GIVEN_UP, status: "DEGRADED", reason: CRASHES });
  expect(await noticeTexts("The shop was not restarted")).toEqual([
    "Not every part of it started anew. Nothing in it is lost.",
    "A part of the shop starts and stops again and again.",
    "Whoever runs the platform has to correct this: show them the technical details. Then choose “Restart shop”.",
  ]);
  expect(screen.getByText("last words").closest("details:not([open])")).not.toBeNull();
  expect(screen.queryByText(/^A restart often helps: /)).toBeNull(); // it did not
  expect(screen.queryByRole("heading", { name: "Progress" })).toBeNull();
  expect((await restartButton()).getAttribute("aria-disabled")).toBe("false");
});

test("a shop that was ready too late for its restart is said to be ready", async () => {
  showStore({ ...GIVEN_UP, operation: { ...RESTARTING, status: "FAILED", reason: aReason("NOT_READY_IN_TIME", "Slow.") } });
  expect(await noticeTexts("The shop was not restarted")).toEqual([
    "Not every part of it started anew, but it is ready. Nothing in it is lost.",
    "The shop did not become ready in time.",
    "This often passes: choose “Restart shop”. If it fails again, tell whoever runs the platform.",
  ]);
});

test.each<[string, Partial<StoreDetailsFragment>, string]>([
  ["well", { operation: { ...RESTARTING, status: "SUCCEEDED" } }, "candles has been restarted."],
  ["badly", GIVEN_UP, "candles was not restarted."],
])("that a restart ended %s is said to people who listen to the page", async (_, end, words) => {
  const { said, stop } = listening();
  const { answers, send } = streaming();
  showStore({ operation: RESTARTING, steps: REPLACING }, answers);
  expect(await screen.findByText("Being restarted")).toBeDefined();
  send(aDetailedStore({ version: 13, ...end }));
  await waitFor(() => expect(said).toEqual([words]));
  stop();
});
