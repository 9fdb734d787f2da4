import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { OperationKind, StoreStatus } from "@/gql/graphql";
import { addresses, nothing, renderPage, unreachable, viewer } from "@/testing/platform";
import { anOperation, aReason, aStore, pageOf } from "@/testing/records";
import { StoreListPage } from "./store-list-page";
import { useStoresChanged } from "./use-stores-changed";

const list = (...stores: object[]) => () => ({ __typename: "Query", stores: pageOf("Store", stores) });

/** The list, with what keeps it up to date. */
function Following() {
  useStoresChanged();
  return <StoreListPage />;
}

/** An answer that comes when the test says so. */
function pending<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test("loading: a skeleton of the list", () => {
  renderPage(<StoreListPage />, { answers: { Stores: nothing } });
  expect(screen.getByText("Loading …")).toBeDefined();
});

test("empty: the first store is one click away", async () => {
  renderPage(<StoreListPage />, { answers: { Stores: list() } });
  const invitation = await screen.findByRole("link", { name: "Create a store" });
  expect(invitation.getAttribute("href")).toBe("/stores/new");
  expect(screen.queryByRole("searchbox")).toBeNull();
});

test("empty: a viewer is told who creates stores", async () => {
  renderPage(<StoreListPage />, { answers: { Viewer: viewer("VIEWER"), Stores: list() } });
  expect(await screen.findByText(/an operator creates them/)).toBeDefined();
  expect(screen.queryByRole("link", { name: "Create a store" })).toBeNull();
});

test("error: the reason, and the way to try again", async () => {
  const { asked } = renderPage(<StoreListPage />, { answers: { Stores: unreachable } });
  expect((await screen.findByRole("alert")).textContent).toContain("The platform did not answer.");
  const before = asked.filter(({ name }) => name === "Stores").length;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(asked.filter(({ name }) => name === "Stores").length).toBe(before + 1);
});

test("stale: what is known stays, dimmed", async () => {
  const { container } = renderPage(<StoreListPage />, { answers: { Stores: list(aStore()) }, connection: "lost" });
  expect(await screen.findByRole("link", { name: "candles" })).toBeDefined();
  expect(container.querySelector('[data-state="stale"]')).not.toBeNull();
});

test("ready: a store with its status in words, and the ways into it", async () => {
  renderPage(<StoreListPage />, { answers: { Stores: list(aStore()) } });
  const row = await screen.findByRole("listitem");
  expect(within(row).getByRole("link", { name: "candles" }).getAttribute("href")).toBe("/stores/store_1");
  expect(within(row).getByText("Ready")).toBeDefined();
  expect(within(row).getByRole("link", { name: "Open shop candles" }).getAttribute("href")).toBe("http://candles.store.localhost");
  expect(screen.getByText("1 store")).toBeDefined();
});

test("a copy is told from other shops", async () => {
  renderPage(<StoreListPage />, { answers: { Stores: list(aStore({ isCopy: true }), aStore({ id: "store_2", name: "soaps" })) } });
  const [copy, other] = await screen.findAllByRole("listitem");
  expect(within(copy as HTMLElement).getByText("Copy")).toBeDefined();
  expect(within(other as HTMLElement).queryByText("Copy")).toBeNull();
});

test("where addresses are not checked a row has no way into its shop", async () => {
  renderPage(<StoreListPage />, { answers: { Stores: list(aStore()), Addresses: addresses(false) } });
  await screen.findByRole("listitem");
  expect(screen.queryByRole("link", { name: /^Open/ })).toBeNull();
});

test("a row says what is wrong in a merchant's words", async () => {
  const failed = aStore({ status: "FAILED", reason: aReason("IMAGE_NOT_FOUND", "wordpress: no such image") });
  renderPage(<StoreListPage />, { answers: { Stores: list(failed) } });
  expect(await screen.findByText("A part of the shop software could not be found where it is kept.")).toBeDefined();
});

test("a store that waits says where in line, and cannot be opened", async () => {
  const waiting = aStore({ status: "QUEUED", queuePosition: 2, readyAt: null });
  renderPage(<StoreListPage />, { answers: { Stores: list(waiting) } });
  expect(await screen.findByText("· 2nd in line")).toBeDefined();
  expect(screen.queryByRole("link", { name: /Open shop/ })).toBeNull();
});

test("a paused store is told from others, and has no way into its shop", async () => {
  renderPage(<StoreListPage />, { answers: { Stores: list(aStore({ status: "SUSPENDED", suspendedAt: "2026-11-24T11:00:00Z" })) }, at: "/stores?status=suspended" });
  expect(within(await screen.findByRole("listitem")).getByText("Paused")).toBeDefined();
  expect(screen.getByRole("button", { name: "Paused" }).getAttribute("aria-pressed")).toBe("true");
  expect(screen.queryByRole("link", { name: /^Open/ })).toBeNull();
});

test("a paused store that is opened again is not said to be created", async () => {
  renderPage(<StoreListPage />, { answers: { Stores: list(aStore({ status: "PROVISIONING", suspendedAt: "2026-11-24T11:00:00Z" })) } });
  const row = within(await screen.findByRole("listitem"));
  expect(row.getByText("Being opened again")).toBeDefined();
  expect(row.queryByText("Being created")).toBeNull();
});

test.each<[StoreStatus, OperationKind, string, boolean]>([
  ["READY", "UPGRADE", "Being upgraded", false],
  ["QUEUED", "UPGRADE", "Being upgraded", false],
  ["UPDATING", "UPGRADE", "Being upgraded", false],
  ["READY", "SUSPEND", "Being paused", false],
  ["DEGRADED", "RESTORE", "Being restored", false],
  ["READY", "RESTART", "Being restarted", true],
  ["READY", "BACKUP", "Ready", true],
])("of a store that is %s the row says what %s does with it", async (status, kind, said, isOpen) => {
  renderPage(<StoreListPage />, { answers: { Stores: list(aStore({ status, operation: anOperation({ kind, status: "RUNNING" }) })) } });
  const row = within(await screen.findByRole("listitem"));
  expect(row.getByText(said)).toBeDefined();
  expect(row.queryByText("Ready") !== null).toBe(said === "Ready");
  await waitFor(() => expect(row.queryByRole("link", { name: "Open shop candles" }) !== null).toBe(isOpen));
});

test("what is done with a store is followed in the list", async () => {
  const change = pending<unknown>();
  let store = aStore();
  renderPage(<Following />, { answers: { Stores: () => list(store)(), StoresChanged: () => change.promise } });
  expect(within(await screen.findByRole("listitem")).getByText("Ready")).toBeDefined();
  store = aStore({ version: 13, operation: anOperation({ id: "operation_1_2", number: 2, kind: "UPGRADE", status: "QUEUED" }) });
  change.resolve({ storesChanged: { __typename: "StoresChange", cursor: "c1", stores: [store], goneStoreIds: [] } });
  expect(await within(screen.getByRole("listitem")).findByText("Being upgraded")).toBeDefined();
});

test("stores that get another version can be asked for", async () => {
  const { asked } = renderPage(<StoreListPage />, { answers: { Stores: list(aStore({ status: "UPDATING" })) }, at: "/stores?status=updating" });
  await screen.findByText("1 store found");
  expect(asked.find(({ name }) => name === "Stores")?.variables).toMatchObject({ filter: { statuses: ["UPDATING"] } });
  expect(screen.getByRole("button", { name: "Being upgraded" }).getAttribute("aria-pressed")).toBe("true");
});

const counts = (ready: number) => () => ({
  platform: { __typename: "Platform", storesByStatus: [{ __typename: "StatusCount", status: "READY", count: ready }] },
});

test("an admin sees how many stores have each status, and follows the numbers", async () => {
  let ready = 1203;
  const frame = { __typename: "StoresChange", cursor: "c1", stores: [aStore({ id: "store_7", status: "FAILED" })] };
  const change = pending<unknown>();
  renderPage(<Following />, {
    answers: { Viewer: viewer("ADMIN"), Stores: list(aStore()), StoreCounts: () => counts(ready)(), StoresChanged: () => change.promise },
  });
  expect(await screen.findByRole("button", { name: "Ready 1,203" })).toBeDefined();
  expect(screen.getByRole("button", { name: "Failed 0" })).toBeDefined();
  ready = 1202;
  change.resolve({ storesChanged: frame });
  expect(await screen.findByRole("button", { name: "Ready 1,202" })).toBeDefined();
});

test("others, whose list is a part of all, are shown no numbers of all", async () => {
  const { asked } = renderPage(<StoreListPage />, { answers: { Stores: list(aStore()), StoreCounts: counts(7) } });
  expect(await screen.findByRole("button", { name: "Ready" })).toBeDefined();
  expect(asked.some(({ name }) => name === "StoreCounts")).toBe(false);
});

test("filters go to the server, and are in the address when the page opens", async () => {
  const { asked } = renderPage(<StoreListPage />, {
    answers: { Stores: list(aStore()) },
    at: "/stores?search=can&status=ready,failed&sort=name",
  });
  await screen.findByText("1 store found");
  expect(asked.find(({ name }) => name === "Stores")?.variables).toEqual({
    first: 50,
    after: null,
    filter: { statuses: ["READY", "FAILED"], engine: null, nameContains: "can", ownerContains: null },
    orderBy: { field: "NAME", direction: "ASC" },
  });
  await userEvent.click(screen.getByRole("button", { name: "Failed" }));
  await waitFor(() => {
    const last = asked.filter(({ name }) => name === "Stores").at(-1);
    expect(last?.variables.filter).toEqual({ statuses: ["READY"], engine: null, nameContains: "can", ownerContains: null });
  });
});

test("an admin finds the stores of an owner", async () => {
  const { asked } = renderPage(<StoreListPage />, { answers: { Viewer: viewer("ADMIN"), Stores: list(aStore()), StoreCounts: counts(7) } });
  await userEvent.type(await screen.findByRole("searchbox", { name: "Search by owner" }), "Ada");
  await waitFor(() => {
    const last = asked.filter(({ name }) => name === "Stores").at(-1);
    expect(last?.variables.filter).toMatchObject({ nameContains: null, ownerContains: "ada" });
  });
});

test("others, who see no stores but their own, are not asked for an owner", async () => {
  renderPage(<StoreListPage />, { answers: { Stores: list(aStore()) } });
  expect(await screen.findByRole("searchbox", { name: "Search by name" })).toBeDefined();
  expect(screen.queryByRole("searchbox", { name: "Search by owner" })).toBeNull();
});
