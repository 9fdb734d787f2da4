import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { StoreDetailsFragment } from "@/gql/graphql";
import { type Answers, nothing, unreachable, viewer } from "@/testing/platform";
import { aDetailedStore, anOperation, aReason, aStep, aVersion } from "@/testing/records";
import { historyAnswer, listening, noticeTexts as notice, showStore, streaming } from "@/testing/store-page";

type Step = StoreDetailsFragment["steps"][number];
const pending = (...names: Step["name"][]) => names.map((name) => aStep({ name, status: "PENDING", startedAt: null, finishedAt: null }));
const done = (...names: Step["name"][]) => names.map((name) => aStep({ name }));
const running = (name: Step["name"]) => aStep({ name, status: "RUNNING", finishedAt: null });

const UPGRADES = [aVersion({ name: "7.2", whatIsNew: "Faster lists, and two more payment methods." })];
const TWO = [...UPGRADES, aVersion({ name: "8.0", isDefault: true, whatIsNew: null })];
const UPGRADING = anOperation({ id: "operation_1_2", number: 2, kind: "UPGRADE", status: "RUNNING", parameters: { id: "store_1", version: "7.2" }, finishedAt: null });
const UPDATING_STEPS = ["NAMESPACE", "CREDENTIALS", "HELM_INSTALL", "WORKLOADS_READY", "SETUP_JOB", "PROBE", "OPEN", "REACHABLE"] as const;
const LOOKING = [running("PREFLIGHT"), ...pending("CLOSE", "REPOSITORY", "SAVE", "CHECK", ...UPDATING_STEPS)];
const SAVING = [...done("PREFLIGHT", "CLOSE", "REPOSITORY"), running("SAVE"), ...pending("CHECK", ...UPDATING_STEPS)];
const CHANGING = [...done("PREFLIGHT", "CLOSE", "REPOSITORY", "SAVE", "CHECK", "NAMESPACE"), running("HELM_INSTALL"), ...pending("PROBE", "OPEN", "REACHABLE")];
const UNDER_WAY: Partial<StoreDetailsFragment> = { nextVersion: "7.2", operation: UPGRADING };
const CRASHED = aReason("CRASH_LOOP", "Container wordpress ends again and again.");
/** The platform brings the shop back by itself. */
const RETURN = anOperation({ id: "operation_1_3", number: 3, kind: "RESTORE", status: "RUNNING", askedByName: null, finishedAt: null });

const show = (given: Partial<StoreDetailsFragment> = {}, more?: Answers) => showStore({ upgrades: UPGRADES, ...given }, more);
const answered = (payload: object): Answers => ({
  UpgradeStore: () => ({ __typename: "Mutation", upgradeStore: { __typename: "UpgradeStorePayload", store: null, errors: [], ...payload } }),
});
const refused = (code: string) => answered({ errors: [{ __typename: "UserError", code, message: `The server’s words for ${code}.` }] });
const BEGUN = answered({ store: aDetailedStore({ upgrades: UPGRADES, nextVersion: "7.2", operation: { ...UPGRADING, status: "QUEUED" }, steps: LOOKING }) });

const upgradeButton = (version = "7.2") => screen.findByRole("button", { name: `Upgrade to ${version}` });
const dialog = (version = "7.2") => within(screen.getByRole("dialog", { name: `Upgrade candles to ${version}?` }));
const goOn = (version = "7.2") => userEvent.click(dialog(version).getByRole("button", { name: `Upgrade to ${version}` }));
const askedFor = (asked: { name: string; variables: object }[]) => asked.filter(({ name }) => name === "UpgradeStore").map(({ variables }) => variables);

const HOW_IT_COMES_BACK = "If anything fails, the shop is brought back as it was, with its data, by itself.";
const TITLE = "This shop is being upgraded";

test("a version on offer is shown with what is new, and what the shop has", async () => {
  show();
  await upgradeButton();
  const panel = screen.getByRole("region", { name: "A newer version" });
  expect([...panel.querySelectorAll("p")].map(({ textContent }) => textContent)).toEqual(["This shop has woocommerce 7.1.", "Faster lists, and two more payment methods."]);
  expect(within(panel).queryByRole("radio")).toBeNull();
});

test("a version of which nobody wrote what is new is named", async () => {
  show({ upgrades: [aVersion({ name: "7.2" })] });
  await upgradeButton();
  expect(screen.getByText("woocommerce 7.2 is there.")).toBeDefined();
});

test("where several are on offer one is chosen, at first the one that new shops get", async () => {
  const { asked } = show({ upgrades: TWO }, BEGUN);
  await upgradeButton("8.0");
  const choice = within(screen.getByRole("region", { name: "Newer versions" })).getByRole("group", { name: "Version" });
  const radios = within(choice).getAllByRole<HTMLInputElement>("radio");
  expect(radios.map(({ labels }) => labels?.[0]?.textContent)).toEqual(["8.0 (recommended)", "7.2Faster lists, and two more payment methods."]);
  expect(radios.map(({ checked }) => checked)).toEqual([true, false]);
  await userEvent.click(within(choice).getByRole("radio", { name: /^7\.2/ }));
  await userEvent.click(await upgradeButton());
  await goOn();
  expect(askedFor(asked)).toEqual([{ input: { id: "store_1", version: "7.2" } }]);
});

test("who is asked is told that the shop is closed, saved, opens by itself, and comes back if anything fails", async () => {
  show();
  await userEvent.click(await upgradeButton());
  expect([...screen.getByRole("dialog").querySelectorAll("form > p")].map(({ textContent }) => textContent)).toEqual([
    "The shop is closed for some minutes: visitors see that it will be back soon. It opens by itself once a shopper could buy in it.",
    `Before anything of it is changed, the whole shop is saved. ${HOW_IT_COMES_BACK}`,
    "Its address, its passwords, and all that is in it stay: products, orders, customers and settings.",
  ]);
});

test("a shop is upgraded once that is confirmed, and the page shows at once what is done", async () => {
  const { said, stop } = listening();
  const { asked } = show({}, BEGUN);
  await userEvent.click(await upgradeButton());
  await goOn();
  expect(await screen.findByText("Being upgraded")).toBeDefined();
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(askedFor(asked)).toEqual([{ input: { id: "store_1", version: "7.2" } }]);
  expect(said).toEqual(["candles is being upgraded to 7.2."]);
  stop();
});

test("who leaves it as it is asks for nothing", async () => {
  const { asked } = show({ status: "DEGRADED" }, { UpgradeStore: nothing });
  await userEvent.click(await upgradeButton());
  await userEvent.click(dialog().getByRole("button", { name: "Leave it as it is" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(askedFor(asked)).toEqual([]);
});

test.each<[string, Answers, string]>([
  ["a shop that cannot be upgraded", refused("NOT_UPGRADABLE"), "This shop cannot be upgraded to that version as it is now. Its page says how it is doing."],
  ["a version that is gone", refused("VERSION_UNKNOWN"), "This version is not on offer any more."],
  ["want of backups", refused("BACKUPS_NOT_SET_UP"), "Backups are not set up here, and without one there is no way back. Whoever runs the platform can set them up."],
  ["another operation", refused("OPERATION_UNDER_WAY"), "The server’s words for OPERATION_UNDER_WAY."],
  ["a platform that is away", { UpgradeStore: unreachable }, "The platform did not answer."],
])("a refusal for %s stands above the buttons, and the dialog stays", async (_, answers, said) => {
  show({}, answers);
  await userEvent.click(await upgradeButton());
  await goOn();
  const alert = await dialog().findByRole("alert");
  expect(alert.textContent).toContain("The shop was not upgraded");
  expect(alert.textContent).toContain(said);
});

test("while something is done with the shop it cannot be upgraded", async () => {
  show({ operation: anOperation({ kind: "BACKUP", status: "RUNNING" }) });
  const button = await upgradeButton();
  expect(button.getAttribute("aria-disabled")).toBe("true");
  await userEvent.click(button);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test.each<[string, Partial<StoreDetailsFragment>, Answers]>([
  ["to a viewer", {}, { Viewer: viewer("VIEWER") }],
  ["where no version follows", { upgrades: [] }, {}],
  ["of a shop that is created", { status: "PROVISIONING" }, {}],
  ["of a shop that gets its version", { status: "UPDATING", ...UNDER_WAY, steps: CHANGING }, {}],
  ["of a shop that failed", { status: "FAILED" }, {}],
  ["of a paused shop", { status: "SUSPENDED" }, {}],
  ["of a shop that leaves", { status: "DELETING", target: "DELETED" }, {}],
])("nothing of it is offered %s", async (_, given, answers) => {
  show(given, answers);
  await screen.findByRole("heading", { name: "candles" });
  await screen.findByText("12 orders · 2.3 MB · woocommerce 7.1");
  expect(screen.queryByRole("button", { name: /^Upgrade/ })).toBeNull();
  expect(screen.queryByRole("heading", { name: /^(A n|N)ewer version/ })).toBeNull();
});

test("before it is closed the shop is open, its steps are in sight, and so is the way back", async () => {
  show({ ...UNDER_WAY, steps: LOOKING });
  expect(await notice(TITLE)).toEqual([
    "From woocommerce 7.1 to 7.2. It takes some minutes.",
    "First the platform makes sure that the new version can be had. The shop is open meanwhile.",
    HOW_IT_COMES_BACK,
  ]);
  expect(screen.getByText("Being upgraded")).toBeDefined();
  expect(screen.queryByText("Ready")).toBeNull();
  const progress = within(screen.getByRole("region", { name: "Progress" }));
  expect(progress.getAllByRole("heading", { level: 3 }).map(({ textContent }) => textContent)).toEqual([
    "See whether it can be upgraded", "Close the shop", "Prepare a place for the backup", "Copy the shop", "Check the copy",
    "Prepare a private space", "Make its passwords", "Install the shop software", "Start the shop", "Set up the shop", "Try the shop as a shopper", "Open the shop to visitors", "Check the address",
  ]);
  expect(await screen.findByRole("link", { name: "Open shop" })).toBeDefined();
  expect(screen.getByText("The shop is being upgraded, and is saved before.")).toBeDefined(); // why no backup can be made
});

test("while it is saved nobody is sent there", async () => {
  show({ ...UNDER_WAY, steps: SAVING });
  expect((await notice(TITLE))[1]).toBe("The shop is closed and saved as it is: nothing of it is changed yet. Visitors see that it will be back soon.");
  await screen.findByText("The shop is being upgraded, and is saved before.");
  expect(screen.queryByRole("link", { name: "Open shop" })).toBeNull();
  expect(screen.queryByRole("heading", { name: "What next" })).toBeNull();
});

test.each<StoreDetailsFragment["status"]>(["QUEUED", "UPDATING"])("while it is %s and gets its version it cannot be stopped", async (status) => {
  show({ ...UNDER_WAY, status, steps: CHANGING, queuePosition: status === "QUEUED" ? 2 : null });
  expect(await notice(TITLE)).toEqual([
    "From woocommerce 7.1 to 7.2. It takes some minutes.",
    "It is saved as it was, and gets the new version. Visitors see that it will be back soon.",
    HOW_IT_COMES_BACK,
  ]);
  expect(screen.getByText("Being upgraded")).toBeDefined();
  expect(screen.getByText("6 of 10 steps")).toBeDefined();
  expect(await screen.findByRole("button", { name: "Delete" })).toBeDefined();
  expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull();
  expect(screen.queryByRole("link", { name: "Open shop" })).toBeNull();
});

test("a shop that is upgraded needs no first steps, and its steps fold to one line", async () => {
  show({ engineVersion: "7.2", upgrades: [], operation: { ...UPGRADING, status: "SUCCEEDED" }, steps: done("PREFLIGHT", "SAVE", "PROBE", "OPEN") });
  expect(await screen.findByText("Upgraded in 2.0 s · show the steps")).toBeDefined();
  const next = within(await screen.findByRole("region", { name: "What next" }));
  expect(next.getAllByRole("link").map(({ textContent }) => textContent)).toEqual(["Open the shop", "Sign in to its admin"]);
  expect(screen.getByText("Ready")).toBeDefined();
  expect(screen.queryByText(TITLE)).toBeNull();
});

test("a shop that was left as it was is open as before, and the page says why", async () => {
  const reason = aReason("BACKUP_TIMEOUT", "Nothing was upgraded, and the shop is open as before. It took 60 minutes.");
  const steps = [...done("PREFLIGHT", "CLOSE", "REPOSITORY"), aStep({ name: "SAVE", status: "FAILED", output: "last words" }), ...pending("CHECK")];
  show({ operation: { ...UPGRADING, status: "FAILED", reason }, steps });
  expect(await notice("The shop was not upgraded")).toEqual([
    "Nothing of it was changed, and it is open as before.",
    "The backup took too long.",
    "This often passes: choose “Upgrade to 7.2”. If it fails again, tell whoever runs the platform.",
  ]);
  expect(screen.getByText("last words").closest("details:not([open])")).not.toBeNull();
  expect(screen.getByText("Ready")).toBeDefined();
  expect(await screen.findByRole("heading", { name: "What next" })).toBeDefined();
  expect(screen.queryByRole("heading", { name: "Progress" })).toBeNull();
  expect((await upgradeButton()).getAttribute("aria-disabled")).toBe("false");
});

test.each<[string, Partial<StoreDetailsFragment>, string[]]>([
  [
    "is brought back",
    { status: "PROVISIONING", operation: RETURN },
    ["So the shop is brought back as it was before. Until that is done visitors see that it will be back soon.", "A part of the shop starts and stops again and again."],
  ],
  [
    "was brought back",
    { operation: { ...RETURN, status: "SUCCEEDED" } },
    [
      "So the shop was brought back as it was before.",
      "A part of the shop starts and stops again and again.",
      "Whoever runs the platform has to correct this: show them the technical details. Then choose “Upgrade to 7.2”.",
    ],
  ],
  [
    "could not be brought back",
    { status: "FAILED", operation: { ...RETURN, status: "FAILED" } },
    ["Nor could the shop be brought back as it was before: that is in its newest backup.", "A part of the shop starts and stops again and again."],
  ],
])("a shop whose upgrade failed, and that %s, says so and why", async (_, given, said) => {
  const failed = { ...UPGRADING, status: "FAILED" as const, reason: CRASHED };
  show(given, historyAnswer(failed, given.operation ?? RETURN));
  expect(await notice("The shop could not be upgraded")).toEqual(said);
  expect(screen.getByText(CRASHED.message).closest("details:not([open])")).not.toBeNull();
  expect(await screen.findByText(/^Upgrade to 7\.2, asked for by Ada: failed/)).toBeDefined();
  expect(screen.getByText(/^Return of the shop as it was: /)).toBeDefined();
  expect(screen.queryByText("The backup could not be restored")).toBeNull();
});

test.each<[string, Partial<StoreDetailsFragment>, string]>([
  ["is done", { engineVersion: "7.2", operation: { ...UPGRADING, status: "SUCCEEDED" } }, "candles is upgraded to 7.2."],
  ["was given up", { operation: { ...UPGRADING, status: "FAILED" } }, "candles was not upgraded."],
  ["is taken back", { status: "QUEUED", operation: RETURN }, "The upgrade of candles failed. The shop is brought back as it was."],
])("that an upgrade %s is said to people who listen to the page", async (_, given, words) => {
  const { said, stop } = listening();
  const { answers, send } = streaming();
  show({ ...UNDER_WAY, steps: CHANGING }, answers);
  expect(await screen.findByText(TITLE)).toBeDefined();
  send(aDetailedStore({ version: 13, ...given }));
  await waitFor(() => expect(said).toEqual([words]));
  stop();
});
