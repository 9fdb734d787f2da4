import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { onAnnouncement } from "@/lib/announcer";
import { type Answers, nothing, renderPage, unreachable, viewer } from "@/testing/platform";
import { aBackup, aDetailedStore, anOperation, aReason, aStep, backupsOf } from "@/testing/records";
import { StorePage } from "./store-page";

const then = (time: string) => new Date(time).toISOString();
const LOST = [{ __typename: "BackupCount" as const, name: "orders", number: 3 }];
const OLD = aBackup({ madeAt: then("2020-11-27T14:05:00"), lostByRestore: LOST });
const NEWEST = aBackup({ id: "backup_1_3", number: 3, madeAt: then("2020-11-27T15:20:00") });
const RESTORING = anOperation({ id: "operation_1_4", number: 4, kind: "RESTORE", status: "QUEUED", startedAt: null, finishedAt: null });
const GIVEN_UP = {
  operation: { ...RESTORING, status: "FAILED" as const, reason: aReason("BACKUP_FAILED", "No space left.") },
  steps: [aStep({ name: "SAVE", status: "FAILED" }), aStep({ name: "REMOVE", status: "PENDING", startedAt: null, finishedAt: null })],
};

/** Draw the page of a shop with two backups. */
function show(given: Partial<StoreDetailsFragment> = {}, more: Answers = {}) {
  const store = aDetailedStore(given);
  return renderPage(<StorePage />, {
    answers: { Store: () => ({ __typename: "Query", store }), StoreBackups: () => backupsOf([NEWEST, OLD]), ...more },
    at: "/stores/store_1",
    route: "/stores/:id",
  });
}

const answered = (payload: object) => ({
  RestoreBackup: () => ({ __typename: "Mutation", restoreBackup: { __typename: "RestoreBackupPayload", store: null, errors: [], ...payload } }),
});
const refused = (code: string, message: string) => answered({ errors: [{ __typename: "UserError", code, message }] });
const BEGUN = answered({ store: aDetailedStore({ operation: RESTORING, steps: [aStep({ name: "CLOSE", status: "PENDING" })] }) });

const WAYS = { OLD: "27 November 2020, 14:05", NEWEST: "27 November 2020, 15:20" };
const wayOf = (when: string) => screen.findByRole("button", { name: `Restore in place of this shop the backup of ${when}` });
const dialog = () => within(screen.getByRole("dialog"));
const goOn = () => dialog().getByRole("button", { name: "Restore in its place" });
const choice = () => dialog().getByRole<HTMLInputElement>("checkbox", { name: "Do not save it as it is" });
const words = () => [...screen.getByRole("dialog").querySelectorAll("form > p")].map(({ textContent }) => textContent);

async function ask(when = WAYS.OLD) {
  await userEvent.click(await wayOf(when));
}

test("who is asked is told first what is lost, then what becomes of the shop, and of the way to lose nothing", async () => {
  show();
  await ask();
  expect(screen.getByRole("dialog", { name: "Restore candles as of 27 November 2020, 14:05?" })).toBeDefined();
  expect(words()).toEqual([
    "What came after 27 November 2020, 14:05 is lost to the shop: 3 orders (as of the newest backup, of 27 November 2020, 15:20), and all since then.",
    "The shop is closed for some minutes: visitors see that it will be back soon. It is saved as it is before, and that backup can be restored in turn. If this one cannot be loaded, the shop is brought back as it was.",
    "Its address stays. Accounts keep the passwords of then. Restore into a new shop instead",
  ]);
  const link = dialog().getByRole("link", { name: "Restore into a new shop instead" });
  expect(link.getAttribute("href")).toBe("/stores/new?store=store_1&backup=2");
  expect(dialog().queryByRole("checkbox")).toBeNull();
});

test("of the newest backup nobody knows how much came after it", async () => {
  show();
  await ask(WAYS.NEWEST);
  expect(words()[0]).toBe("What came after 27 November 2020, 15:20 is lost to the shop. This is its newest backup, so nobody knows how much that is.");
});

test("a backup of another version says that the shop will have that one", async () => {
  show({ engineVersion: "7.2" });
  await ask();
  expect(words()[2]).toContain("Accounts keep the passwords of then. The shop software is that of the backup, woocommerce 7.1.");
});

test("what is lost is accepted as of the backup, and the page shows at once what is done", async () => {
  const said: string[] = [];
  const stop = onAnnouncement((message) => said.push(message));
  const { asked } = show({}, BEGUN);
  await ask();
  await userEvent.click(goOn());
  expect(await screen.findByText("Being restored")).toBeDefined();
  expect(screen.queryByRole("dialog")).toBeNull();
  const variables = { input: { id: "backup_1_2", acceptLossSince: OLD.madeAt, withoutBackup: false } };
  expect(asked.filter(({ name }) => name === "RestoreBackup")).toEqual([{ name: "RestoreBackup", variables }]);
  expect(said).toEqual(["The backup of 27 November 2020, 14:05 is being restored in place of candles."]);
  stop();
});

test("who keeps the shop asks for nothing", async () => {
  const { asked } = show({}, { RestoreBackup: nothing });
  await ask();
  await userEvent.click(dialog().getByRole("button", { name: "Keep the shop as it is" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asked.filter(({ name }) => name === "RestoreBackup")).toEqual([]);
});

test.each<[string, Answers, string]>([
  ["a backup that is gone", refused("BACKUP_UNKNOWN", "Choose one of `Store.backups`."), "This backup is not there any more. Keep the shop as it is, and choose another one."],
  ["a shop that cannot be saved", refused("NOT_READY", "Pass `withoutBackup: true`."), "The shop cannot be saved as it is at the moment. Its page says how it is doing."],
  ["another operation", refused("OPERATION_UNDER_WAY", "A backup of the store is being made."), "A backup of the store is being made."],
  ["a platform that is away", { RestoreBackup: unreachable }, "The platform did not answer."],
])("a refusal for %s stands above the buttons, and the dialog stays", async (_, answers, said) => {
  show({}, answers);
  await ask();
  await userEvent.click(goOn());
  const alert = await dialog().findByRole("alert");
  expect(alert.textContent).toContain("Nothing was restored");
  expect(alert.textContent).toContain(said);
});

test("a shop that has failed cannot be saved before, which has to be accepted too", async () => {
  const { asked } = show({ status: "FAILED", reason: aReason("CRASH_LOOP", "It ends.") }, BEGUN);
  await ask();
  expect(words()[1]).toBe("The shop is closed for some minutes: visitors see that it will be back soon. It is not saved as it is before, so what is in no backup cannot be brought back.");
  await userEvent.click(goOn());
  expect(dialog().getByRole("alert").textContent.trim()).toBe("This shop has failed, so it cannot be saved as it is. Tick this, or choose “Try again” on its page first.");
  expect(choice().getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(choice());
  expect(asked.filter(({ name }) => name === "RestoreBackup")).toEqual([]);

  await userEvent.click(choice());
  expect(dialog().queryByRole("alert")).toBeNull();
  await userEvent.click(goOn());
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const variables = { input: { id: "backup_1_2", acceptLossSince: OLD.madeAt, withoutBackup: true } };
  expect(asked.filter(({ name }) => name === "RestoreBackup")).toEqual([{ name: "RestoreBackup", variables }]);
});

test.each<[string, Partial<StoreDetailsFragment>]>([
  ["has problems", { status: "DEGRADED" }],
  ["could not be saved just before", GIVEN_UP],
])("a shop that %s is saved before, unless somebody says otherwise", async (_, given) => {
  const { asked } = show(given, BEGUN);
  await ask();
  expect(choice().checked).toBe(false);
  expect(words()[1]).toContain("It is saved as it is before");
  await userEvent.click(choice());
  expect(words()[1]).toContain("It is not saved as it is before");
  await userEvent.click(choice());
  await userEvent.click(goOn());
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(asked.find(({ name }) => name === "RestoreBackup")?.variables).toMatchObject({ input: { withoutBackup: false } });
});

test.each<[string, Partial<StoreDetailsFragment>]>([
  ["is being restored already", { operation: RESTORING }],
  ["is being backed up", { operation: { ...RESTORING, kind: "BACKUP" } }],
  ["is being built", { status: "PROVISIONING" }],
])("while a shop %s nothing can be put in its place", async (_, given) => {
  show(given);
  const way = await wayOf(WAYS.OLD);
  expect(way.getAttribute("aria-disabled")).toBe("true");
  await userEvent.click(way);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test.each<[string, Partial<StoreDetailsFragment>, Answers]>([
  ["to a viewer", {}, { Viewer: viewer("VIEWER") }],
  ["of a shop that leaves", { status: "DELETING", target: "DELETED" }, {}],
  ["of a shop that is gone", { status: "DELETED", target: "DELETED" }, {}],
  ["where backups are not set up any more", {}, { StoreBackups: () => backupsOf([NEWEST, OLD], null) }],
])("nothing of it is offered %s", async (_, given, answers) => {
  show(given, answers);
  const panel = within(await screen.findByRole("region", { name: "Backups" }));
  expect(await panel.findAllByText("12 orders · 2.3 MB · woocommerce 7.1")).toHaveLength(2);
  expect(panel.queryByRole("button", { name: /^Restore in place/ })).toBeNull();
});
