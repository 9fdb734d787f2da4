import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { type Answers, unreachable, viewer } from "@/testing/platform";
import { aBackup, aDetailedStore, anOperation, aReason, backupsOf } from "@/testing/records";
import { listening, showStore } from "@/testing/store-page";

const then = (time: string) => new Date(time).toISOString();
const LOST = [{ __typename: "BackupCount" as const, name: "orders", number: 3 }];
const BEFORE = aBackup({ id: "backup_1_2", number: 2, madeAt: then("2020-11-27T14:05:00"), lostByRestore: LOST });
const NEWEST = aBackup({ id: "backup_1_3", number: 3, madeAt: then("2020-11-27T15:20:00"), engineVersion: "7.2" });
const RESTORING = anOperation({ id: "operation_1_4", number: 4, kind: "RESTORE", status: "RUNNING", finishedAt: null });

const show = (given: Partial<StoreDetailsFragment> = {}, more?: Answers) =>
  showStore({ engineVersion: "7.2", ...given }, { StoreBackups: () => backupsOf([NEWEST, BEFORE], undefined, BEFORE), ...more });
const answered = (payload: object): Answers => ({
  RollbackStore: () => ({ __typename: "Mutation", rollbackStore: { __typename: "RollbackStorePayload", store: null, errors: [], ...payload } }),
});
const refused = (code: string) => answered({ errors: [{ __typename: "UserError", code, message: `The server’s words for ${code}.` }] });
const BEGUN = answered({ store: aDetailedStore({ engineVersion: "7.2", operation: RESTORING }) });

const backButton = () => screen.findByRole("button", { name: "Go back to 7.1" });
const dialog = () => within(screen.getByRole("dialog", { name: "Bring candles back to 7.1?" }));
const goOn = () => userEvent.click(dialog().getByRole("button", { name: "Go back to 7.1" }));
const askedFor = (asked: { name: string; variables: object }[]) => asked.filter(({ name }) => name === "RollbackStore").map(({ variables }) => variables);

test("a shop that was upgraded says in which backup it is as it was before", async () => {
  show();
  await backButton();
  expect(within(screen.getByRole("region", { name: "The version before" })).getByText(
    "This shop had version 7.1 before its upgrade. As it was then it is in the backup of 27 November 2020, 14:05.",
  )).toBeDefined();
});

test("who is asked is told first what is lost since when, then what becomes of the shop, and of the way to lose nothing", async () => {
  show();
  await userEvent.click(await backButton());
  expect([...screen.getByRole("dialog").querySelectorAll("form > p")].map(({ textContent }) => textContent)).toEqual([
    "What came after 27 November 2020, 14:05 is lost to the shop: 3 orders (as of the newest backup, of 27 November 2020, 15:20), and all since then.",
    "The shop is closed for some minutes: visitors see that it will be back soon. It is saved as it is before, and that backup can be restored in turn. If this one cannot be loaded, the shop is brought back as it was.",
    "Its address stays. Accounts keep the passwords of then. The shop software is that of the backup, woocommerce 7.1. Restore into a new shop instead",
  ]);
});

test("what is lost is accepted as of the backup, and the page shows at once what is done", async () => {
  const { said, stop } = listening();
  const { asked } = show({}, BEGUN);
  await userEvent.click(await backButton());
  await goOn();
  expect(await screen.findByText("Being restored")).toBeDefined();
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(askedFor(asked)).toEqual([{ input: { id: "store_1", acceptLossSince: BEFORE.madeAt, withoutBackup: false } }]);
  expect(said).toEqual(["candles is being brought back to 7.1."]);
  stop();
});

test("a shop that has failed cannot be saved before, which has to be accepted too", async () => {
  const { said, stop } = listening();
  const begun = answered({ store: aDetailedStore({ engineVersion: "7.2", status: "QUEUED", operation: RESTORING }) });
  const { asked } = show({ status: "FAILED", reason: aReason("CRASH_LOOP", "It ends.") }, begun);
  await userEvent.click(await backButton());
  await goOn();
  expect(askedFor(asked)).toEqual([]);
  await userEvent.click(dialog().getByRole("checkbox", { name: "Do not save it as it is" }));
  await goOn();
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(askedFor(asked)).toEqual([{ input: { id: "store_1", acceptLossSince: BEFORE.madeAt, withoutBackup: true } }]);
  expect(screen.queryByRole("button", { name: "Go back to 7.1" })).toBeNull();
  expect(said).toEqual(["candles is being brought back to 7.1."]);
  stop();
});

test("who keeps the shop asks for nothing", async () => {
  const { asked } = show();
  await userEvent.click(await backButton());
  await userEvent.click(dialog().getByRole("button", { name: "Keep the shop as it is" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(askedFor(asked)).toEqual([]);
});

test.each<[string, Answers, string]>([
  ["a backup that is gone", refused("NO_WAY_BACK"), "The backup from before the upgrade is not there any more. Keep the shop as it is, or restore another backup."],
  ["a shop that cannot be saved", refused("NOT_READY"), "The shop cannot be saved as it is at the moment. Its page says how it is doing."],
  ["another operation", refused("OPERATION_UNDER_WAY"), "The server’s words for OPERATION_UNDER_WAY."],
  ["a platform that is away", { RollbackStore: unreachable }, "The platform did not answer."],
])("a refusal for %s stands above the buttons, and the dialog stays", async (_, answers, said) => {
  show({}, answers);
  await userEvent.click(await backButton());
  await goOn();
  const alert = await dialog().findByRole("alert");
  expect(alert.textContent).toContain("Nothing was restored");
  expect(alert.textContent).toContain(said);
});

test("while something is done with the shop there is no way back", async () => {
  show({ operation: { ...RESTORING, kind: "BACKUP" } });
  const button = await backButton();
  expect(button.getAttribute("aria-disabled")).toBe("true");
  await userEvent.click(button);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test.each<[string, Partial<StoreDetailsFragment>, Answers]>([
  ["to a viewer", {}, { Viewer: viewer("VIEWER") }],
  ["of a shop that was not upgraded", {}, { StoreBackups: () => backupsOf([NEWEST, BEFORE]) }],
  ["where backups are not set up any more", {}, { StoreBackups: () => backupsOf([NEWEST, BEFORE], null, BEFORE) }],
  ["of a paused shop", { status: "SUSPENDED" }, {}],
  ["of a shop that is being built", { status: "PROVISIONING" }, {}],
  ["of a shop that leaves", { status: "DELETING", target: "DELETED" }, {}],
])("nothing of it is offered %s", async (_, given, answers) => {
  show(given, answers);
  await screen.findByText("12 orders · 2.3 MB · woocommerce 7.2");
  expect(screen.queryByRole("button", { name: /^Go back/ })).toBeNull();
  expect(screen.queryByRole("heading", { name: "The version before" })).toBeNull();
});
