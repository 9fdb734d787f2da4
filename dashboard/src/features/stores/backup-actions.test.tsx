import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { onAnnouncement } from "@/lib/announcer";
import { type Answers, nothing, renderPage, unreachable, viewer } from "@/testing/platform";
import { aBackup, aDetailedStore, backupsOf, CLEARED } from "@/testing/records";
import { StorePage } from "./store-page";

/** Draw the page of a shop. */
function show(answers: Answers) {
  return renderPage(<StorePage />, {
    answers: { Store: () => ({ __typename: "Query", store: aDetailedStore() }), ...answers },
    at: "/stores/store_1",
    route: "/stores/:id",
  });
}

const panel = async () => within(await screen.findByRole("region", { name: "Backups" }));
const WHEN = "24 November.*, \\d\\d:\\d\\d";
const pinOf = async () => (await panel()).findByRole("button", { name: new RegExp(`^Pin the backup of ${WHEN}$`) });
const unpinOf = async () => (await panel()).findByRole("button", { name: new RegExp(`^Pinned \\(unpin the backup of ${WHEN}\\)$`) });
const answered = (field: string, typename: string, payload: object) => () => ({
  __typename: "Mutation", [field]: { __typename: typename, backup: null, errors: [], ...payload },
});

test("a backup is pinned and unpinned, which is said, and the keyboard keeps its place", async () => {
  const said: string[] = [];
  const stop = onAnnouncement((message) => said.push(message));
  const { asked } = show({
    StoreBackups: () => backupsOf([aBackup()], CLEARED),
    PinBackup: answered("pinBackup", "PinBackupPayload", { backup: aBackup({ isPinned: true }) }),
    UnpinBackup: answered("unpinBackup", "UnpinBackupPayload", { backup: aBackup() }),
  });
  (await pinOf()).focus();
  await userEvent.keyboard("{Enter}");
  expect(await unpinOf()).toBe(document.activeElement);
  await userEvent.keyboard("{Enter}");
  expect(await pinOf()).toBe(document.activeElement);

  const variables = { input: { id: "backup_1_2" } };
  expect(asked.filter(({ name }) => /^(Un)?[pP]in/.test(name))).toEqual([{ name: "PinBackup", variables }, { name: "UnpinBackup", variables }]);
  expect(said.map((message) => message.replace(new RegExp(WHEN), "then"))).toEqual([
    "The backup of then is pinned.", "The backup of then is not pinned any more.",
  ]);
  stop();
});

test("what is asked for a second time before there is an answer is asked for once", async () => {
  const { asked } = show({ StoreBackups: () => backupsOf([aBackup()], CLEARED), PinBackup: nothing });
  await userEvent.dblClick(await pinOf());
  expect(asked.filter(({ name }) => name === "PinBackup")).toHaveLength(1);
});

test("why a backup was not pinned stands at it alone", async () => {
  const errors = [{ __typename: "UserError", code: "TOO_MANY_PINNED", message: "A store can have 10 pinned backups; unpin one of them first." }];
  const newest = aBackup({ id: "backup_1_3", number: 3, madeAt: "2026-11-25T11:00:00Z" });
  show({ StoreBackups: () => backupsOf([newest, aBackup()], CLEARED), PinBackup: answered("pinBackup", "PinBackupPayload", { errors }) });
  await userEvent.click(await pinOf());
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toBe("It was not pinnedA store can have 10 pinned backups; unpin one of them first.");
  expect(alert.closest("li")?.getAttribute("data-version")).toBe("2");
  expect(await pinOf()).toBeDefined();
});

test("why a backup was not unpinned", async () => {
  show({ StoreBackups: () => backupsOf([aBackup({ isPinned: true })], CLEARED), UnpinBackup: unreachable });
  await userEvent.click(await unpinOf());
  expect((await screen.findByRole("alert")).textContent).toContain("It was not unpinned");
  expect(await unpinOf()).toBeDefined();
});

test("a viewer sees which are pinned, and is offered no change", async () => {
  const newest = aBackup({ id: "backup_1_3", number: 3 });
  show({ Viewer: viewer("VIEWER"), StoreBackups: () => backupsOf([newest, aBackup({ isPinned: true })], CLEARED) });
  expect((await screen.findByText("Pinned")).closest("li")?.getAttribute("data-version")).toBe("2");
  expect((await panel()).queryByRole("button")).toBeNull();
});

test("where all backups are kept none is offered to be pinned", async () => {
  show({ StoreBackups: () => backupsOf([aBackup()]) });
  await (await panel()).findByRole("link", { name: /^Restore into a new shop/ });
  expect((await panel()).queryByRole("button", { name: /[Pp]in/ })).toBeNull();
});
