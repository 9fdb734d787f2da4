import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { type Answers, nothing, unreachable, viewer } from "@/testing/platform";
import { aDetailedStore, anOperation, aReason, aStep } from "@/testing/records";
import { listening, noticeTexts as notice, showStore as show, streaming } from "@/testing/store-page";

const THEN = new Date("2020-11-27T14:05:00").toISOString();
const STOPPING = [aStep({ name: "STOP", status: "RUNNING", finishedAt: null })];
const STOPPED = [aStep({ name: "STOP" })];
const PAUSING = anOperation({ id: "operation_1_2", number: 2, kind: "SUSPEND", status: "RUNNING", finishedAt: null });
const PAUSED: Partial<StoreDetailsFragment> = {
  status: "SUSPENDED", suspendedAt: THEN, steps: STOPPED, operation: { ...PAUSING, status: "SUCCEEDED", finishedAt: THEN },
};
const OPENING = anOperation({ id: "operation_1_3", number: 3, kind: "RESUME", status: "RUNNING", finishedAt: null });
const OPENING_STEPS = [aStep(), aStep({ name: "OPEN", status: "RUNNING", finishedAt: null }), aStep({ name: "REACHABLE", status: "PENDING" })];

type Mutation = "suspendStore" | "resumeStore";
const NAMES = { suspendStore: ["SuspendStore", "SuspendStorePayload"], resumeStore: ["ResumeStore", "ResumeStorePayload"] } as const;

function answered(mutation: Mutation, payload: object): Answers {
  const [name, typename] = NAMES[mutation];
  return { [name]: () => ({ __typename: "Mutation", [mutation]: { __typename: typename, store: null, errors: [], ...payload } }) };
}
const refused = (mutation: Mutation, code: string) =>
  answered(mutation, { errors: [{ __typename: "UserError", code, message: `The server’s words for ${code}.` }] });
const BEGUN = answered("suspendStore", { store: aDetailedStore({ operation: { ...PAUSING, status: "QUEUED" }, steps: STOPPING }) });

const pauseButton = () => screen.findByRole("button", { name: "Pause shop" });
const openButton = () => screen.findByRole("button", { name: "Open shop again" });
const dialog = () => within(screen.getByRole("dialog", { name: "Pause candles?" }));
const goOn = () => userEvent.click(dialog().getByRole("button", { name: "Pause shop" }));
const words = () => [...screen.getByRole("dialog").querySelectorAll("form > p")].map(({ textContent }) => textContent);

const WHAT_VISITORS_SEE = "Visitors see a page that says that the shop is closed for now.";
const WHAT_IS_KEPT = "Nothing is lost: its data, its address and its backups are kept.";

test("who is asked is told what visitors see, what is kept, and that it still counts", async () => {
  show();
  await userEvent.click(await pauseButton());
  expect(words()).toEqual([
    `${WHAT_VISITORS_SEE} Its admin is closed too, until you open the shop again.`,
    `${WHAT_IS_KEPT} No backups are made meanwhile, since nothing in it changes.`,
    "It still counts towards how many stores you may have.",
  ]);
});

test.each<[string, Partial<StoreDetailsFragment>, boolean, string]>([
  ["somebody else’s shop", { owner: "bea" }, true, "It still counts towards how many stores its owner may have."],
  ["a shop that does not count then", {}, false, "It does not count towards how many stores you may have until it is opened again. A place must be free then."],
])("of %s it is told what of it counts", async (_, given, countsSuspendedStores, said) => {
  show(given, { Viewer: viewer("ADMIN", { countsSuspendedStores }) });
  await userEvent.click(await pauseButton());
  expect(words().at(-1)).toBe(said);
});

test("a shop is paused once that is confirmed, and the page shows at once what is done", async () => {
  const { said, stop } = listening();
  const { asked } = show({}, BEGUN);
  await userEvent.click(await pauseButton());
  await goOn();
  expect(await screen.findByText("Being paused")).toBeDefined();
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asked.filter(({ name }) => name === "SuspendStore").map(({ variables }) => variables)).toEqual([{ input: { id: "store_1" } }]);
  expect(said).toEqual(["candles is being paused."]);
  stop();
});

test("who keeps it open asks for nothing", async () => {
  const { asked } = show({ status: "DEGRADED" }, { SuspendStore: nothing });
  await userEvent.click(await pauseButton());
  await userEvent.click(dialog().getByRole("button", { name: "Keep it open" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asked.filter(({ name }) => name === "SuspendStore")).toEqual([]);
});

test.each<[string, Answers, string]>([
  ["a shop that cannot be paused", refused("suspendStore", "NOT_SUSPENDABLE"), "This shop cannot be paused as it is now. Its page says how it is doing."],
  ["another operation", refused("suspendStore", "OPERATION_UNDER_WAY"), "The server’s words for OPERATION_UNDER_WAY."],
  ["a platform that is away", { SuspendStore: unreachable }, "The platform did not answer."],
])("a refusal for %s stands above the buttons, and the dialog stays", async (_, answers, said) => {
  show({}, answers);
  await userEvent.click(await pauseButton());
  await goOn();
  const alert = await dialog().findByRole("alert");
  expect(alert.textContent).toContain("The shop was not paused");
  expect(alert.textContent).toContain(said);
});

test("while something is done with the shop it cannot be paused", async () => {
  show({ operation: anOperation({ kind: "BACKUP", status: "RUNNING" }) });
  const button = await pauseButton();
  expect(button.getAttribute("aria-disabled")).toBe("true");
  await userEvent.click(button);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test.each<[string, Partial<StoreDetailsFragment>, Answers]>([
  ["to a viewer", {}, { Viewer: viewer("VIEWER") }],
  ["of a paused shop to a viewer", PAUSED, { Viewer: viewer("VIEWER") }],
  ["of a shop that is created", { status: "PROVISIONING" }, {}],
  ["of a shop that failed", { status: "FAILED" }, {}],
  ["of a shop that leaves", { status: "DELETING", target: "DELETED" }, {}],
  ["of a paused shop that leaves", { ...PAUSED, target: "DELETED" }, {}],
])("nothing of it is offered %s", async (_, given, answers) => {
  show(given, answers);
  await screen.findByRole("heading", { name: "candles" });
  await screen.findByText("12 orders · 2.3 MB · woocommerce 7.1");
  expect(screen.queryByRole("button", { name: /Pause shop|Open shop again/ })).toBeNull();
});

test("while a shop is paused its step is in sight, and nobody is sent there", async () => {
  show({ operation: PAUSING, steps: STOPPING });
  expect(await notice("This shop is being paused")).toEqual([`${WHAT_VISITORS_SEE} Then it is stopped, and everything in it is kept.`]);
  expect(screen.getByText("Being paused")).toBeDefined();
  expect(screen.queryByText("Ready")).toBeNull();
  expect(screen.getByRole("heading", { name: "Stop the shop" })).toBeDefined();
  expect((await pauseButton()).getAttribute("aria-disabled")).toBe("true");
  expect(await screen.findByText("The shop is being paused.")).toBeDefined(); // why no backup can be made
  expect(screen.queryByRole("link", { name: /^Open/ })).toBeNull();
  expect(screen.queryByRole("heading", { name: "What next" })).toBeNull();
});

test("a paused shop says since when, what visitors see, and how to open it", async () => {
  show(PAUSED);
  expect(await notice("This shop is paused")).toEqual(["Since 27 November 2020, 14:05.", WHAT_VISITORS_SEE, WHAT_IS_KEPT]);
  expect(screen.getByText("Paused")).toBeDefined();
  expect(screen.getByText("Paused since")).toBeDefined();
  expect(screen.getByText("Paused in 2.0 s · show the steps")).toBeDefined();
  expect(await openButton()).toBeDefined();
  expect(screen.getByRole("button", { name: "Delete" })).toBeDefined();
  expect(screen.queryByRole("link", { name: /^Open/ })).toBeNull();
  expect(screen.queryByRole("heading", { name: "Sign in to its admin" })).toBeNull();
  const backups = within(screen.getByRole("region", { name: "Backups" }));
  expect(await backups.findByText("No backups are made while the shop is paused.")).toBeDefined();
  expect(backups.getByText("Nothing in a paused shop changes. Open it again to have a backup made, or one restored in its place.")).toBeDefined();
  expect(backups.getByRole("button", { name: /^Restore in place/ }).getAttribute("aria-disabled")).toBe("true");
});

test("a viewer is told who can open a paused shop again", async () => {
  show(PAUSED, { Viewer: viewer("VIEWER") });
  expect(await screen.findByText("Your role may look only: the shop’s owner, or whoever runs the platform, can open it again.")).toBeDefined();
});

test("a paused shop is opened again without a question, and the keyboard goes on at the title", async () => {
  const { said, stop } = listening();
  const opening = aDetailedStore({ status: "QUEUED", suspendedAt: THEN, operation: { ...OPENING, status: "QUEUED" }, queuePosition: 2 });
  const { asked } = show(PAUSED, answered("resumeStore", { store: opening }));
  await userEvent.click(await openButton());
  expect(await screen.findByText("Being opened again")).toBeDefined();
  expect(screen.getByText("· 2nd in line")).toBeDefined();
  expect(asked.filter(({ name }) => name === "ResumeStore").map(({ variables }) => variables)).toEqual([{ input: { id: "store_1" } }]);
  await waitFor(() => expect(said).toEqual(["candles is being opened again."]));
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "candles" }));
  stop();
});

test.each<[string, Answers, RegExp]>([
  ["a shop that is not paused any more", refused("resumeStore", "NOT_SUSPENDED"), /This shop is not paused any more\. Its page says how it is doing\./],
  ["want of a place", refused("resumeStore", "USER_QUOTA_REACHED"), /paused shops do not count, and its owner has as many others as they may have/],
  ["want of room on the platform", refused("resumeStore", "PLATFORM_QUOTA_REACHED"), /this platform has as many shops as it may have, and paused ones do not count/],
  ["a platform that is away", { ResumeStore: unreachable }, /The platform did not answer\./],
])("a refusal for %s is told, and the shop can be asked for again", async (_, answers, said) => {
  show(PAUSED, answers);
  await userEvent.click(await openButton());
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("The shop was not opened");
  expect(alert.textContent).toMatch(said);
  expect(document.activeElement).toBe(await openButton());
});

test.each<[string, Partial<StoreDetailsFragment>]>([
  ["at the first try", { operation: OPENING }],
  ["at another one", { operation: { ...OPENING, kind: "RETRY" } }],
])("while a shop is opened again, %s, it is not said to be created, and its steps are in sight", async (_, given) => {
  show({ status: "PROVISIONING", suspendedAt: THEN, steps: OPENING_STEPS, ...given });
  expect(await notice("This shop is being opened again")).toEqual(["It starts with everything that was in it. Until it is ready visitors see that it will be back soon."]);
  expect(screen.getByText("Being opened again")).toBeDefined();
  expect(screen.queryByText("Being created")).toBeNull();
  expect(screen.getByText("From now on visitors get to the shop again.")).toBeDefined();
  expect(await screen.findByRole("button", { name: "Delete" })).toBeDefined();
  expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull();
});

test("a shop that is open again needs no first steps, and its steps fold to one line", async () => {
  show({ operation: { ...OPENING, status: "SUCCEEDED" }, steps: [aStep(), aStep({ name: "OPEN" })] });
  expect(await screen.findByText("Opened again in 2.0 s · show the steps")).toBeDefined();
  const next = within(await screen.findByRole("region", { name: "What next" }));
  expect(next.getAllByRole("link").map(({ textContent }) => textContent)).toEqual(["Open the shop", "Sign in to its admin"]);
  expect(await pauseButton()).toBeDefined();
});

test("a shop that could not be opened again keeps all it has, and can be tried again", async () => {
  show({ status: "FAILED", suspendedAt: THEN, reason: aReason("UNSCHEDULABLE", "0/3 nodes."), operation: { ...OPENING, status: "FAILED" } });
  expect(await notice("This shop was paused, and could not be opened again")).toEqual([WHAT_IS_KEPT]);
  expect(screen.getByText("No computer of this platform has room for a part of the shop.")).toBeDefined();
  expect(await screen.findByRole("button", { name: "Try again" })).toBeDefined();
});

test("a shop that could not be paused is open as before, and the page says why", async () => {
  const reason = aReason("NOT_CLOSED_IN_TIME", "The shop is open as before. Pod web-1 is ending.");
  const operation = { ...PAUSING, status: "FAILED" as const, reason };
  show({ operation, steps: [aStep({ name: "STOP", status: "FAILED", output: "last words" })] });
  expect(await notice("The shop was not paused")).toEqual([
    "It could not be stopped, so it is open as before.",
    "The shop did not stop in time.",
    "This often passes: choose “Pause shop”. If it fails again, tell whoever runs the platform.",
  ]);
  expect(screen.getByText(reason.message).closest("details:not([open])")).not.toBeNull();
  expect(screen.getByText("Ready")).toBeDefined();
  expect(await screen.findByRole("heading", { name: "What next" })).toBeDefined();
  expect(screen.queryByRole("heading", { name: "Progress" })).toBeNull();
  expect((await pauseButton()).getAttribute("aria-disabled")).toBe("false");
});

test("that a shop was not paused is said to people who listen to the page", async () => {
  const { said, stop } = listening();
  const { answers, send } = streaming();
  show({ operation: PAUSING, steps: STOPPING }, answers);
  expect(await screen.findByText("Being paused")).toBeDefined();
  send(aDetailedStore({ version: 13, operation: { ...PAUSING, status: "FAILED" }, steps: STOPPED }));
  await waitFor(() => expect(said).toEqual(["candles was not paused."]));
  stop();
});

test("when a shop is paused at last, the keyboard that was on its button goes on at the title", async () => {
  const { answers, send } = streaming();
  show({ operation: PAUSING, steps: STOPPING }, answers);
  (await pauseButton()).focus();
  send(aDetailedStore({ version: 13, ...PAUSED }));
  expect(await openButton()).toBeDefined();
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "candles" }));
});
