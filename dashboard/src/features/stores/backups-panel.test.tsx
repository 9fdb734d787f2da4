import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { onAnnouncement } from "@/lib/announcer";
import { type Answers, nothing, renderPage, unreachable, viewer } from "@/testing/platform";
import { aBackup, aDetailedStore, anOperation, aReason, aStep, backupsOf, CLEARED, DAILY } from "@/testing/records";
import { StorePage } from "./store-page";

const RECENTLY = new Date(Date.now() - 60_000).toISOString();
const QUEUED = anOperation({ id: "operation_1_2", number: 2, kind: "BACKUP", status: "QUEUED", startedAt: null, finishedAt: null });
const RUNNING = { ...QUEUED, status: "RUNNING" as const };
const STEPS = [
  aStep({ name: "REPOSITORY" }),
  aStep({ name: "SAVE", status: "RUNNING", finishedAt: null }),
  aStep({ name: "CHECK", status: "PENDING", startedAt: null, finishedAt: null }),
];

/** Draw the page of a shop that has been ready for a minute. */
function show(given: Partial<StoreDetailsFragment>, more: Answers = {}) {
  const store = aDetailedStore({ readyAt: RECENTLY, ...given });
  return renderPage(<StorePage />, {
    answers: { Store: () => ({ __typename: "Query", store }), StoreBackups: () => backupsOf([]), ...more },
    at: "/stores/store_1",
    route: "/stores/:id",
  });
}

const panel = async () => within(await screen.findByRole("region", { name: "Backups" }));
const button = async () => (await panel()).findByRole<HTMLButtonElement>("button", { name: "Back up now" });

test("loading, and what cannot be loaded leaves the rest of the page as it is", async () => {
  show({}, { StoreBackups: nothing });
  expect(await (await panel()).findByText("Loading …")).toBeDefined();
  show({}, { StoreBackups: unreachable });
  expect(await screen.findByText("This could not be loaded")).toBeDefined();
});

test("the backups of a shop, newest first, each with what is in it", async () => {
  const counts = [{ __typename: "BackupCount" as const, name: "orders", number: 13 }];
  const newest = aBackup({ id: "backup_1_3", number: 3, madeAt: "2026-11-24T12:00:00Z", counts });
  show({}, { StoreBackups: () => backupsOf([newest, aBackup()]) });
  const list = await (await panel()).findByRole("list", { name: "Backups, newest first" });
  expect(within(list).getAllByRole("listitem").map((item) => item.querySelector("time + span")?.textContent)).toEqual([
    "13 orders · 2.3 MB · woocommerce 7.1",
    "12 orders · 2.3 MB · woocommerce 7.1",
  ]);
});

test("each backup can be restored into a new shop, at an address that names it", async () => {
  show({}, { StoreBackups: () => backupsOf([aBackup({ id: "backup_1_3", number: 3 }), aBackup()]) });
  const links = await (await panel()).findAllByRole("link", { name: /^Restore into a new shop from the backup of 24 November.*, \d\d:\d\d$/ });
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["/stores/new?store=store_1&backup=3", "/stores/new?store=store_1&backup=2"]);
});

test("the backups of a deleted shop are there to be restored, and no more are promised", async () => {
  show({ status: "DELETED", target: "DELETED" }, { StoreBackups: () => backupsOf([aBackup()]) });
  expect(await (await panel()).findByRole("link", { name: /^Restore into a new shop/ })).toBeDefined();
  expect(screen.getByText("Backups of this shop can be restored as long as this record of it is kept.")).toBeDefined();
  expect(screen.queryByText(/The platform makes a backup/)).toBeNull();
  expect(screen.queryByRole("button", { name: "Back up now" })).toBeNull();
});

test("those of a deleted shop say until when they are kept, and can be pinned", async () => {
  const backup = aBackup({ keptUntil: "2026-12-30T12:00:00Z" });
  show({ status: "DELETED", target: "DELETED" }, { StoreBackups: () => backupsOf([backup], CLEARED) });
  expect(await screen.findByText("Kept until 30 December 2026, and those that are pinned until they are unpinned.")).toBeDefined();
  expect(screen.getByRole("button", { name: /^Pin the backup of/ })).toBeDefined();
  expect(screen.queryByText(/one for each of the last/)).toBeNull();
});

test.each<[string, Answers]>([
  ["to a viewer", { Viewer: viewer("VIEWER"), StoreBackups: () => backupsOf([aBackup()]) }],
  ["where backups are not set up any more", { StoreBackups: () => backupsOf([aBackup()], null) }],
])("no backup is offered to be restored %s", async (_, answers) => {
  show({}, answers);
  expect(await screen.findByText("12 orders · 2.3 MB · woocommerce 7.1")).toBeDefined();
  expect(screen.queryByRole("link", { name: /^Restore/ })).toBeNull();
});

test("how backups are made, and that they do not outlive the cluster", async () => {
  show({});
  expect(await (await panel()).findByText("The platform makes a backup about once a day.")).toBeDefined();
  expect(screen.getByText("Backups are kept in the same cluster as the shop: no protection from losing the cluster.")).toBeDefined();
  expect(screen.getByText("All backups are kept.")).toBeDefined();
  expect(screen.getByText("No backup was made yet.")).toBeDefined();
});

test("how long backups are kept, where they are removed some day", async () => {
  show({}, { StoreBackups: () => backupsOf([], CLEARED) });
  expect(await screen.findByText("Kept: all of the last 2 days, one for each of the last 7 days, 4 weeks and 6 months, and those that are pinned.")).toBeDefined();
});

test("who deletes a shop is told what becomes of its backups", async () => {
  show({}, { StoreBackups: () => backupsOf([aBackup()], CLEARED) });
  await userEvent.click(await screen.findByRole("button", { name: "Delete" }));
  expect(await within(screen.getByRole("dialog")).findByText("Its backups are kept for 30 days more.")).toBeDefined();
});

test("of a shop without backups nothing is said when it is deleted", async () => {
  show({}, { StoreBackups: () => backupsOf([], CLEARED) });
  await screen.findByText("No backup was made yet.");
  await userEvent.click(await screen.findByRole("button", { name: "Delete" }));
  expect(within(screen.getByRole("dialog")).queryByText(/backup/)).toBeNull();
});

test("where backups are kept elsewhere nothing is said of losing the cluster", async () => {
  show({}, { StoreBackups: () => backupsOf([], { ...DAILY, isInCluster: false }) });
  expect(await screen.findByText("No backup was made yet.")).toBeDefined();
  expect(screen.queryByText(/same cluster/)).toBeNull();
});

test("where backups are not set up the page says who can change that, and offers nothing", async () => {
  show({ readyAt: "2026-01-01T00:00:00Z" }, { StoreBackups: () => backupsOf([], null) });
  expect(await screen.findByText("Backups are not set up here. Whoever runs the platform can set them up: docs/kubernetes.md says how.")).toBeDefined();
  expect(screen.queryByRole("button", { name: "Back up now" })).toBeNull();
  expect(screen.queryByText(/has no backup|No backup was made/)).toBeNull();
});

test("a backup is asked for, and shows at once that it is being made", async () => {
  const store = aDetailedStore({ readyAt: RECENTLY, operation: QUEUED, steps: STEPS });
  const payload = { __typename: "CreateBackupPayload", store, errors: [] };
  const { asked } = show({}, { CreateBackup: () => ({ __typename: "Mutation", createBackup: payload }) });
  await userEvent.click(await button());
  expect(await screen.findByText("A backup is being made. The shop stays open meanwhile.")).toBeDefined();
  expect((await button()).disabled).toBe(true);
  expect(asked.filter(({ name }) => name === "CreateBackup")).toEqual([{ name: "CreateBackup", variables: { input: { id: "store_1" } } }]);
});

test("why no backup was begun", async () => {
  const errors = [{ __typename: "UserError", code: "OPERATION_UNDER_WAY", message: "A backup of the store is being made (BACKUP)." }];
  show({}, { CreateBackup: () => ({ __typename: "Mutation", createBackup: { __typename: "CreateBackupPayload", store: null, errors } }) });
  await userEvent.click(await button());
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toBe("No backup was begunA backup of the store is being made (BACKUP).");
});

test("while a backup is made its steps are beside the backups, and the shop is not said to be set up anew", async () => {
  show({ operation: RUNNING, steps: STEPS });
  const steps = await (await panel()).findAllByRole("heading", { level: 3 });
  expect(steps.map(({ textContent }) => textContent)).toEqual(["Prepare a place for the backup", "Copy the shop", "Check the copy"]);
  expect((await panel()).getByText("The shop’s database and its files are copied.")).toBeDefined();
  expect(screen.queryByRole("heading", { name: "Progress" })).toBeNull();
  expect(screen.queryByText(/show the steps/)).toBeNull();
  expect(screen.getByRole("heading", { name: "What next" })).toBeDefined();
});

test("a shop that was backed up says so, and its steps are not those of its creation", async () => {
  const operation = { ...RUNNING, status: "SUCCEEDED" as const, finishedAt: RECENTLY };
  show({ operation, steps: STEPS.map((step) => ({ ...step, status: "SUCCEEDED" as const })) });
  expect(await (await panel()).findByText("Backed up")).toBeDefined();
  expect((await button()).disabled).toBe(false);
  expect(screen.queryByText(/show the steps/)).toBeNull();
});

test("a backup that failed says why and what to do, and Kubernetes’ own words are folded", async () => {
  const operation = { ...RUNNING, status: "FAILED" as const, reason: aReason("BACKUP_FAILED", "The backup could not be made. restic: no space left.") };
  show({ operation, steps: [aStep({ name: "SAVE", status: "FAILED", output: "Fatal: no space left" })] });
  expect(await screen.findByText("The latest backup failed")).toBeDefined();
  expect(screen.getByText("The shop could not be copied to where backups are kept.")).toBeDefined();
  expect(screen.getByText(/^Whoever runs the platform has to correct this.*Then choose “Back up now”\.$/)).toBeDefined();
  expect(screen.getByText("Fatal: no space left").closest("details:not([open])")).not.toBeNull();
  expect(screen.getByText("Ready")).toBeDefined();
});

test.each<[string, Partial<StoreDetailsFragment>, string]>([
  ["it is being built", { status: "PROVISIONING", readyAt: null }, "A backup can be made of a shop that is ready."],
  ["it has failed", { status: "FAILED" }, "A backup can be made of a shop that is ready."],
  ["one is being made", { operation: RUNNING, steps: STEPS }, "A backup is being made. The shop stays open meanwhile."],
  ["another operation is under way", { operation: { ...RUNNING, kind: "RETRY" } }, "Something else is being done with the shop just now."],
])("no backup can be made of a shop while %s, and the button says so", async (_, given, said) => {
  show(given);
  const found = await button();
  expect(found.disabled).toBe(true);
  expect(document.getElementById(found.getAttribute("aria-describedby") ?? "")?.textContent).toBe(said);
});

test("a viewer, and whoever looks at a shop that leaves, is offered no backup", async () => {
  const { unmount } = show({}, { Viewer: viewer("VIEWER") });
  await screen.findByText("No backup was made yet.");
  expect(screen.queryByRole("button", { name: "Back up now" })).toBeNull();
  unmount();
  show({ status: "DELETING", target: "DELETED" });
  await screen.findByText("No backup was made yet.");
  expect(screen.queryByRole("button", { name: "Back up now" })).toBeNull();
});

test.each<[string, object[], string]>([
  ["without any backup", [], "This shop has no backup"],
  ["without a new one", [aBackup({ madeAt: "2026-01-01T00:00:00Z" })], "The newest backup of this shop is old"],
])("a shop %s is warned of", async (_, backups, title) => {
  show({ readyAt: "2025-12-01T00:00:00Z" }, { StoreBackups: () => backupsOf(backups) });
  expect(await screen.findByText(title)).toBeDefined();
  expect(await screen.findByText("Choose “Back up now”. If that fails, tell whoever runs the platform.")).toBeDefined();
});

test("while one is made at last nobody is told to ask for it", async () => {
  show({ readyAt: "2025-12-01T00:00:00Z", operation: RUNNING, steps: STEPS });
  await screen.findByText("No backup was made yet.");
  expect(screen.queryByText("This shop has no backup")).toBeNull();
});

test("a shop that has become ready just now is not warned of", async () => {
  show({});
  await screen.findByText("No backup was made yet.");
  expect(screen.queryByText("This shop has no backup")).toBeNull();
});

test("the list is asked for anew once a backup is made, and its end is said", async () => {
  const said: string[] = [];
  const stop = onAnnouncement((message) => said.push(message));
  const done = { ...RUNNING, status: "SUCCEEDED" as const, finishedAt: RECENTLY };
  const known: object[] = [];
  let finish: (frame: object) => void = () => undefined;
  const frame = (operation: typeof RUNNING | typeof done) => {
    const store = aDetailedStore({ readyAt: RECENTLY, operation, steps: STEPS });
    return { storeStatus: { __typename: "StoreUpdate", version: 13, store, events: [] } };
  };
  const ended = new Promise<object>((resolve) => {
    finish = resolve;
  });
  show({ operation: RUNNING, steps: STEPS }, { StoreBackups: () => backupsOf([...known]), StoreStatus: () => ended });
  expect(await screen.findByText("No backup was made yet.")).toBeDefined();

  known.push(aBackup());
  finish(frame(done));

  expect(await screen.findByText("12 orders · 2.3 MB · woocommerce 7.1")).toBeDefined();
  expect(screen.getByText("Backed up")).toBeDefined();
  await waitFor(() => expect(said).toEqual(["candles is backed up."]));
  stop();
});
