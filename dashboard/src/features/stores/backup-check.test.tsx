import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { type Answers, renderPage, viewer } from "@/testing/platform";
import { aBackup, aDetailedStore, backupsOf } from "@/testing/records";
import { checkInWords } from "./backup-words";
import { StorePage } from "./store-page";

const check = (given: object) => ({ ...aBackup().check, ...given });
const AT = new Date("2026-11-24T12:00:00").toISOString();

/** Draw the page of a shop. */
function show(answers: Answers) {
  return renderPage(<StorePage />, {
    answers: { Store: () => ({ __typename: "Query", store: aDetailedStore() }), ...answers },
    at: "/stores/store_1",
    route: "/stores/:id",
  });
}

const panel = async () => within(await screen.findByRole("region", { name: "Backups" }));
const checkOf = async () => (await panel()).findByRole("button", { name: /^Check whether a shop can be made of the backup of 24 November/ });
const answered = (payload: object) => () => ({
  __typename: "Mutation", verifyBackup: { __typename: "VerifyBackupPayload", backup: null, errors: [], ...payload },
});

test.each([
  [{}, undefined],
  [{ isUnderWay: true }, "It is being checked: a shop is made of it that nobody sees."],
  [{ endedAt: AT }, "Checked on 24 November 2026: a shop could be made of it."],
  [{ endedAt: AT, fault: "It has no orders." }, "On 24 November 2026 no shop could be made of it: It has no orders."],
])("what came of a check that is %j", (given, said) => {
  expect(checkInWords(aBackup({ check: check(given) }))).toBe(said);
});

test("a backup is checked, and asked for once while that is under way", async () => {
  const { asked } = show({
    StoreBackups: () => backupsOf([aBackup()]),
    VerifyBackup: answered({ backup: aBackup({ check: check({ isUnderWay: true }) }) }),
  });
  await userEvent.click(await checkOf());
  expect(await (await panel()).findByText("It is being checked: a shop is made of it that nobody sees.")).toBeDefined();
  expect((await checkOf()).getAttribute("aria-disabled")).toBe("true");
  await userEvent.click(await checkOf());
  expect(asked.filter(({ name }) => name === "VerifyBackup")).toEqual([{ name: "VerifyBackup", variables: { input: { id: "backup_1_2" } } }]);
});

test("what came of a check appears when the platform tells of it", async () => {
  const known = [aBackup({ check: check({ isUnderWay: true }) })];
  let finish: (frame: object) => void = () => undefined;
  const ended = new Promise<object>((resolve) => {
    finish = resolve;
  });
  show({ StoreBackups: () => backupsOf([...known]), StoreStatus: () => ended });
  expect(await (await panel()).findByText("It is being checked: a shop is made of it that nobody sees.")).toBeDefined();

  known[0] = aBackup({ check: check({ endedAt: AT }) });
  const event = { __typename: "StoreEvent", version: 13, kind: "CHECK", subject: "2", status: "SUCCEEDED", message: "It is proven.", occurredAt: AT };
  finish({ storeStatus: { __typename: "StoreUpdate", version: 13, store: aDetailedStore(), events: [event] } });
  expect(await (await panel()).findByText("Checked on 24 November 2026: a shop could be made of it.")).toBeDefined();
  expect(await screen.findByText("A backup was checked: a shop could be made of it.")).toBeDefined();
});

test("why a backup is not checked stands at it", async () => {
  const errors = [{ __typename: "UserError", code: "CHECK_UNDER_WAY", message: "A backup of this store is being checked; wait until that is done." }];
  show({ StoreBackups: () => backupsOf([aBackup()]), VerifyBackup: answered({ errors }) });
  await userEvent.click(await checkOf());
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toBe("It is not checkedA backup of this store is being checked; wait until that is done.");
});

test("whoever may only look sees what came of it", async () => {
  show({ Viewer: viewer("VIEWER"), StoreBackups: () => backupsOf([aBackup({ check: check({ endedAt: AT }) })]) });
  expect(await (await panel()).findByText("Checked on 24 November 2026: a shop could be made of it.")).toBeDefined();
  expect((await panel()).queryByRole("button", { name: /^Check/ })).toBeNull();
});
