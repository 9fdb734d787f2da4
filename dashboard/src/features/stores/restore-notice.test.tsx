import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { OperationFactsFragment, StoreDetailsFragment } from "@/gql/graphql";
import { onAnnouncement } from "@/lib/announcer";
import type { Answers } from "@/testing/platform";
import { aDetailedStore, anOperation, aReason, aStep } from "@/testing/records";
import { historyAnswer as historyOf, noticeTexts as notice, showStore } from "@/testing/store-page";

const READY_AT = new Date(Date.now() - 60_000).toISOString();
const SAVING = anOperation({ id: "operation_1_4", number: 4, kind: "RESTORE", status: "RUNNING", finishedAt: null });
const DONE = { ...SAVING, status: "SUCCEEDED" as const, finishedAt: READY_AT };
const INCOMPLETE = aReason("RESTORE_INCOMPLETE", "The backup was loaded, but 3 orders are missing.");
const FAILED = { ...DONE, status: "FAILED" as const, reason: INCOMPLETE };
/** The platform brings the shop back by itself. */
const RETURN = { ...SAVING, id: "operation_1_5", number: 5, askedByName: null };

type Step = StoreDetailsFragment["steps"][number];
const pending = (...names: Step["name"][]) => names.map((name) => aStep({ name, status: "PENDING", startedAt: null, finishedAt: null }));
const done = (...names: Step["name"][]) => names.map((name) => aStep({ name }));
const SAVING_STEPS = [aStep({ name: "CLOSE", status: "RUNNING", finishedAt: null }), ...pending("REPOSITORY", "SAVE", "CHECK", "REMOVE", "HELM_INSTALL", "RESTORE")];
const LOADING_STEPS = [...done("CLOSE", "REPOSITORY", "SAVE", "CHECK"), aStep({ name: "REMOVE", status: "RUNNING", finishedAt: null }), ...pending("HELM_INSTALL", "RESTORE")];
const GIVEN_UP_STEPS = [...done("CLOSE", "REPOSITORY"), aStep({ name: "SAVE", status: "FAILED", output: "Fatal: no space left" }), ...pending("REMOVE")];

const show = (given: Partial<StoreDetailsFragment>, more?: Answers) => showStore({ readyAt: READY_AT, ...given }, more);

const UNDER_WAY = "A backup is being restored in place of this shop";
const FAILURE = "The backup could not be restored";

test("while the shop is saved it is said to be closed, its steps are in sight, and nobody is sent there", async () => {
  show({ operation: SAVING, steps: SAVING_STEPS });
  expect(await notice(UNDER_WAY)).toEqual([
    "First the shop is closed and saved as it is: nothing of it is removed yet.",
    "This takes some minutes, in which visitors see that it will be back soon.",
  ]);
  expect(screen.getByText("Being restored")).toBeDefined();
  expect(screen.queryByText("Ready")).toBeNull();
  const progress = within(screen.getByRole("region", { name: "Progress" }));
  expect(progress.getAllByRole("heading", { level: 3 }).map(({ textContent }) => textContent)).toEqual([
    "Close the shop", "Prepare a place for the backup", "Copy the shop", "Check the copy", "Remove the shop as it was", "Install the shop software", "Load the backup",
  ]);
  expect(progress.getByText("From now on visitors see that the shop will be back soon, so that nothing changes any more.")).toBeDefined();
  expect(await screen.findByText("A backup is being restored in place of this shop.")).toBeDefined(); // why none can be made
  expect(screen.queryByRole("link", { name: "Open shop" })).toBeNull();
  expect(screen.queryByRole("heading", { name: "What next" })).toBeNull();
  expect(screen.queryByRole("heading", { name: "Sign in to its admin" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull();
});

test.each<StoreDetailsFragment["status"]>(["QUEUED", "PROVISIONING"])("while the backup is loaded, and the store is %s, it cannot be stopped", async (status) => {
  show({ status, operation: SAVING, steps: LOADING_STEPS, queuePosition: status === "QUEUED" ? 2 : null });
  expect(await notice(UNDER_WAY)).toEqual([
    "The shop as it was is removed, and the backup is loaded.",
    "This takes some minutes, in which visitors see that it will be back soon.",
  ]);
  expect(screen.getByText("Being restored")).toBeDefined();
  expect(screen.getByText("4 of 7 steps")).toBeDefined();
  expect(await screen.findByRole("button", { name: "Delete" })).toBeDefined();
  expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull();
});

test("a shop that is restored needs no first steps, and its steps fold to one line", async () => {
  show({ operation: DONE, steps: done("CLOSE", "SAVE", "REMOVE", "RESTORE") });
  expect(await screen.findByText("Restored in 2.0 s · show the steps")).toBeDefined();
  const next = within(await screen.findByRole("region", { name: "What next" }));
  expect(next.getAllByRole("link").map(({ textContent }) => textContent)).toEqual(["Open the shop", "Sign in to its admin"]);
  expect(screen.getByText("Ready")).toBeDefined();
  for (const title of [UNDER_WAY, FAILURE]) expect(screen.queryByText(title)).toBeNull();
});

test("a shop that could not be saved is open as before, and the page says why nothing was restored", async () => {
  const reason = aReason("BACKUP_FAILED", "Nothing was restored. restic: no space left.");
  show({ operation: { ...FAILED, reason }, steps: GIVEN_UP_STEPS });
  expect(await notice("The backup was not restored")).toEqual([
    "The shop could not be saved as it is before, so it was left as it was.",
    "The shop could not be copied to where backups are kept.",
    "Whoever runs the platform has to correct this: show them the technical details. Then choose “Restore in place of this shop”.",
  ]);
  expect(screen.getByText("Fatal: no space left").closest("details:not([open])")).not.toBeNull();
  expect(screen.getByText("Ready")).toBeDefined();
  expect(await screen.findByRole("heading", { name: "What next" })).toBeDefined();
  expect(screen.queryByRole("heading", { name: "Progress" })).toBeNull();
});

test.each<[string, Partial<StoreDetailsFragment>, string[]]>([
  [
    "is brought back",
    { status: "PROVISIONING", operation: RETURN, steps: LOADING_STEPS },
    ["So the shop is brought back as it was before. Until that is done visitors see that it will be back soon.", "Something of the backup did not arrive in this shop."],
  ],
  [
    "was brought back",
    { operation: { ...RETURN, status: "SUCCEEDED", finishedAt: READY_AT }, steps: done("REMOVE", "RESTORE") },
    ["So the shop was brought back as it was before.", "Something of the backup did not arrive in this shop.", "Restore another backup. Tell whoever runs the platform of this one."],
  ],
  [
    "could not be brought back",
    { status: "FAILED", operation: { ...RETURN, status: "FAILED" }, steps: [aStep({ name: "RESTORE", status: "FAILED" })] },
    ["Nor could the shop be brought back as it was before: that is in its newest backup.", "Something of the backup did not arrive in this shop."],
  ],
])("a shop that %s says so, and why the backup could not be restored", async (_, given, said) => {
  show(given, historyOf(FAILED, given.operation ?? RETURN));
  await screen.findByText(/^Restore of a backup in place of the shop, asked for by Ada: failed/);
  await waitFor(async () => expect(await notice(FAILURE)).toEqual(said));
  expect(screen.getByText(INCOMPLETE.message).closest("details:not([open])")).not.toBeNull();
  expect(screen.queryByText(UNDER_WAY)).toBeNull();
});

test("what somebody has restored after an attempt that failed was not brought back", async () => {
  show({ operation: { ...DONE, id: "operation_1_5", number: 5 } }, historyOf(FAILED, { ...DONE, id: "operation_1_5", number: 5 }));
  await screen.findByText(/^Restore of a backup in place of the shop, asked for by Ada: failed/);
  expect(screen.queryByText(FAILURE)).toBeNull();
});

test("the next operation takes the news of a return away", async () => {
  const backup = anOperation({ id: "operation_1_6", number: 6, kind: "BACKUP" });
  show({ operation: backup }, historyOf(FAILED, { ...RETURN, status: "SUCCEEDED", finishedAt: READY_AT }, backup));
  expect(await screen.findByText(/^Return of the shop as it was: done/)).toBeDefined();
  expect(screen.queryByText(FAILURE)).toBeNull();
});

test.each<[string, Partial<OperationFactsFragment>, string]>([
  ["is done", DONE, "candles is restored."],
  ["was given up", FAILED, "candles was not restored."],
  ["was taken back", { ...RETURN, status: "SUCCEEDED" }, "candles is brought back as it was."],
])("that a restore %s is said to people who listen to the page", async (_, operation, words) => {
  const said: string[] = [];
  const stop = onAnnouncement((message) => said.push(message));
  let send: (frame: object) => void = () => undefined;
  const frame = new Promise<object>((resolve) => {
    send = resolve;
  });
  const store = aDetailedStore({ operation: SAVING, steps: SAVING_STEPS });
  show({}, { Store: () => ({ __typename: "Query", store }), StoreStatus: () => frame });
  expect(await screen.findByText(UNDER_WAY)).toBeDefined();
  const after = { ...store, version: 13, operation: anOperation(operation) };
  send({ storeStatus: { __typename: "StoreUpdate", version: 13, store: after, events: [] } });
  await waitFor(() => expect(said).toEqual([words]));
  stop();
});
