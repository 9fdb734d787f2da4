import { expect, test } from "vitest";
import { Client, gql, type Operation, type OperationResult } from "urql";
import { filter, fromValue, makeSubject, map, merge, mergeMap, pipe, subscribe } from "wonka";
import type { StoreStatus } from "@/gql/graphql";
import { newCache } from "@/lib/graphql/cache";
import { viewer } from "@/testing/platform";
import { aStore } from "@/testing/records";

const QUOTA = gql(`query Quota { viewer { name quota { storesUsed storesLimit storesLeft } } }`);
const CHANGED = gql(`subscription Changed { storesChanged(after: null) { cursor stores { id status } } }`);

/** Follow all stores where the quota is shown; return how to send a store's status, which says how often the quota is asked for then. */
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
            return fromValue(answer(operation, { __typename: "Query", ...viewer("OPERATOR")() }));
          })),
          pipe(operations, filter(({ kind }) => kind === "subscription"), mergeMap((operation) => pipe(frames.source, map((data) => answer(operation, data))))),
        ]),
    ],
  });
  pipe(client.query(QUOTA, {}), subscribe(() => undefined));
  pipe(client.subscription(CHANGED, {}), subscribe(() => undefined));
  return async (status: StoreStatus) => {
    const before = asked;
    frames.next({ __typename: "Subscription", storesChanged: { __typename: "StoresChange", cursor: "c", stores: [aStore({ status })], goneStoreIds: [] } });
    await new Promise((resolve) => setTimeout(resolve)); // urql asks after what it is doing
    return asked - before;
  };
}

test("how many stores one has is asked for anew once a store may count, or may not any more", async () => {
  const send = follow();
  expect(await send("READY")).toBe(1); // a new one
  expect(await send("DEGRADED")).toBe(0);
  expect(await send("SUSPENDED")).toBe(1);
  expect(await send("SUSPENDED")).toBe(0);
  expect(await send("QUEUED")).toBe(1);
  expect(await send("READY")).toBe(0);
  expect(await send("DELETED")).toBe(1);
});
