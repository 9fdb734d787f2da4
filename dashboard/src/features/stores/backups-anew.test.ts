import { expect, test } from "vitest";
import { Client, type Operation, type OperationResult } from "urql";
import { filter, fromValue, makeSubject, map, merge, mergeMap, pipe, subscribe } from "wonka";
import type { OperationFactsFragment, StoreStatus } from "@/gql/graphql";
import { newCache } from "@/lib/graphql/cache";
import { aDetailedStore, anOperation, backupsOf } from "@/testing/records";
import { STORE_BACKUPS, STORE_STATUS } from "./operations";

/** Follow a shop whose backups are shown; return how to send a frame, which says how often they are asked for then. */
function follow() {
  const frames = makeSubject<object>();
  let asked = 0;
  const answer = (operation: Operation, data: unknown): OperationResult => ({ operation, data, error: undefined, stale: false, hasNext: operation.kind === "subscription" });
  const client = new Client({
    url: "/graphql",
    preferGetMethod: false,
    exchanges: [
      newCache(),
      () => (operations) =>
        merge([
          pipe(operations, filter(({ kind }) => kind === "query"), mergeMap((operation) => {
            asked += 1;
            return fromValue(answer(operation, backupsOf([])));
          })),
          pipe(operations, filter(({ kind }) => kind === "subscription"), mergeMap((operation) => pipe(frames.source, map((data) => answer(operation, data))))),
        ]),
    ],
  });
  pipe(client.query(STORE_BACKUPS, { id: "store_1" }), subscribe(() => undefined));
  pipe(client.subscription(STORE_STATUS, { id: "store_1", after: 0 }), subscribe(() => undefined));
  return async (status: StoreStatus, operation: Partial<OperationFactsFragment>) => {
    const before = asked;
    const store = aDetailedStore({ status, operation: anOperation(operation) });
    frames.next({ __typename: "Subscription", storeStatus: { __typename: "StoreUpdate", version: 1, store, events: [] } });
    await new Promise((resolve) => setTimeout(resolve)); // urql asks after what it is doing
    return asked - before;
  };
}

test("the backups of a shop are asked for anew once one is made", async () => {
  const send = follow();
  expect(await send("READY", { number: 2, kind: "BACKUP", status: "QUEUED" })).toBe(1);
  expect(await send("READY", { number: 2, kind: "BACKUP", status: "RUNNING" })).toBe(0);
  expect(await send("READY", { number: 2, kind: "BACKUP", status: "SUCCEEDED" })).toBe(1);
  expect(await send("DEGRADED", { number: 2, kind: "BACKUP", status: "SUCCEEDED" })).toBe(0);
});

test("a restore has made one of the shop as it was when the store gets another status", async () => {
  const send = follow();
  expect(await send("READY", { number: 2, kind: "RESTORE", status: "QUEUED" })).toBe(1);
  expect(await send("READY", { number: 2, kind: "RESTORE", status: "RUNNING" })).toBe(0);
  expect(await send("QUEUED", { number: 2, kind: "RESTORE", status: "RUNNING" })).toBe(1);
  expect(await send("QUEUED", { number: 2, kind: "RESTORE", status: "RUNNING" })).toBe(0);
});

test("so has an upgrade, after which there is a way back too", async () => {
  const send = follow();
  expect(await send("READY", { number: 2, kind: "UPGRADE", status: "QUEUED" })).toBe(1);
  expect(await send("READY", { number: 2, kind: "UPGRADE", status: "RUNNING" })).toBe(0);
  expect(await send("QUEUED", { number: 2, kind: "UPGRADE", status: "RUNNING" })).toBe(1);
  expect(await send("UPDATING", { number: 2, kind: "UPGRADE", status: "RUNNING" })).toBe(1);
  expect(await send("READY", { number: 2, kind: "UPGRADE", status: "SUCCEEDED" })).toBe(1);
  expect(await send("READY", { number: 2, kind: "UPGRADE", status: "SUCCEEDED" })).toBe(0);
});
