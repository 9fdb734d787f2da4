import { afterEach, beforeEach, expect, test } from "vitest";
import type { StoreStatus } from "@/gql/graphql";
import { onAnnouncement } from "@/lib/announcer";
import { aStore } from "@/testing/records";
import { announceAll } from "./use-stores-changed";

let said: string[];
let stop: () => void;

beforeEach(() => {
  said = [];
  stop = onAnnouncement((message) => said.push(message));
});

afterEach(() => stop());

test("a store that became ready is told once", () => {
  const known = new Map<string, StoreStatus>();
  announceAll([aStore({ status: "PROVISIONING" })], known);
  announceAll([aStore({ status: "READY" })], known);
  announceAll([aStore({ status: "READY", version: 99 })], known);
  expect(said).toEqual(["candles is now: Ready."]);
});

test("a store that is paused is told", () => {
  announceAll([aStore({ status: "SUSPENDED" })], new Map<string, StoreStatus>([["store_1", "READY"]]));
  expect(said).toEqual(["candles is now: Paused."]);
});

test("many at once are told by their number", () => {
  announceAll(["a", "b", "c", "d"].map((id) => aStore({ id, status: "DELETED" })), new Map());
  expect(said).toEqual(["4 stores changed."]);
});
