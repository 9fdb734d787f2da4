import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { answerOtherTabs, askOtherTabs } from "./other-tabs";

type Listener = ((event: { data: unknown }) => void) | null;

/** Tabs of one browser: what one posts reaches the others. */
class Channel {
  static all: Channel[] = [];
  onmessage: Listener = null;
  constructor() {
    Channel.all.push(this);
  }
  postMessage(data: unknown) {
    for (const other of Channel.all) if (other !== this) other.onmessage?.({ data });
  }
  close() {
    Channel.all = Channel.all.filter((other) => other !== this);
  }
}

beforeEach(() => {
  Channel.all = [];
  vi.useFakeTimers();
  vi.stubGlobal("BroadcastChannel", Channel);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function ask() {
  const answer = askOtherTabs();
  await vi.runAllTimersAsync();
  return answer;
}

test("a tab that is signed in says so, and one that is not keeps silent", async () => {
  let name = "";
  answerOtherTabs(() => name);
  expect(await ask()).toBeNull();
  name = "alice";
  expect(await ask()).toBe("alice");
  expect(Channel.all).toHaveLength(1);
});

test.each([undefined, null, 1, "alice", { name: 1 }, {}])("%j is no answer", async (data) => {
  const answer = ask();
  for (const channel of Channel.all) channel.onmessage?.({ data });
  expect(await answer).toBeNull();
});

test("where it does not exist nobody is asked, and nobody answers", async () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  answerOtherTabs(() => "alice");
  expect(await ask()).toBeNull();
});
