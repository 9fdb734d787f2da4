import type { Client, ExecutionResult, Sink, SubscribePayload } from "graphql-ws";
import { beforeEach, expect, test, vi } from "vitest";
import { subscribeResuming } from "./resuming";

type Frame = ExecutionResult;

/** A graphql-ws client in the hands of the test: what it was sent, and the way to answer. */
class Connection {
  sent: unknown[] = [];
  private payload: SubscribePayload | undefined;
  private sink: Sink<Frame> | undefined;
  client = {
    subscribe: (payload: SubscribePayload, sink: Sink<Frame>) => {
      this.payload = payload;
      this.sink = sink;
      this.reconnect();
      return () => undefined;
    },
  } as unknown as Client;

  /** graphql-ws sends the same payload object again after each reconnect. */
  reconnect() {
    this.sent.push((JSON.parse(JSON.stringify(this.payload)) as { variables: unknown }).variables);
  }

  frame(data: Record<string, unknown>) {
    this.sink?.next({ data });
  }

  fail(problem: unknown) {
    this.sink?.error(problem);
  }
}

let connection: Connection;
const sink = { next: vi.fn<(frame: Frame) => void>(), error: vi.fn<(problem: unknown) => void>(), complete: vi.fn<() => void>() };

beforeEach(() => {
  vi.useFakeTimers();
  connection = new Connection();
  vi.clearAllMocks();
});

function follow(variables: Record<string, unknown>) {
  return subscribeResuming(connection.client, { query: "subscription { x }", variables }, sink);
}

test("a store's stream goes on after the last version", () => {
  follow({ id: "store_1", after: 3 });
  connection.frame({ storeStatus: { version: 7 } });
  connection.reconnect();
  expect(connection.sent).toEqual([
    { id: "store_1", after: 3 },
    { id: "store_1", after: 7 },
  ]);
});

test("the stream of all stores goes on after the last cursor", () => {
  follow({ after: null });
  connection.frame({ storesChanged: { cursor: "c1", stores: [] } });
  connection.reconnect();
  expect(connection.sent).toEqual([{ after: null }, { after: "c1" }]);
});

test("a cursor that the server does not know begins the stream anew", async () => {
  follow({ after: "old" });
  connection.fail([{ message: "too old", extensions: { code: "CURSOR_INVALID" } }]);
  await vi.runAllTimersAsync();
  expect(connection.sent).toEqual([{ after: "old" }, { after: null }]);
  expect(sink.error).not.toHaveBeenCalled();
});

test("a close code that graphql-ws gives up on is tried again", async () => {
  follow({ after: "c1" });
  connection.fail(new CloseEvent("close", { code: 1011 }));
  await vi.runAllTimersAsync();
  expect(connection.sent).toEqual([{ after: "c1" }, { after: "c1" }]);
});

test("a refusal is told, and not tried again", async () => {
  follow({ after: "c1" });
  const refusal = new CloseEvent("close", { code: 4403 });
  connection.fail(refusal);
  await vi.runAllTimersAsync();
  expect(sink.error).toHaveBeenCalledExactlyOnceWith(refusal);
  expect(connection.sent).toHaveLength(1);
});

test("one who stopped is not subscribed again", async () => {
  const stop = follow({ after: "c1" });
  connection.fail(new CloseEvent("close", { code: 1011 }));
  stop();
  await vi.runAllTimersAsync();
  expect(connection.sent).toHaveLength(1);
});
