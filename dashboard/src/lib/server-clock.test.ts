import { afterEach, beforeEach, expect, test, vi } from "vitest";

const SERVER = Date.parse("2026-11-24T12:00:00Z");
const DAY = 86_400_000;
let date: string | null;
let late: number;

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers({ now: SERVER });
  date = new Date(SERVER).toUTCString();
  late = 0;
  vi.stubGlobal("fetch", () => {
    vi.setSystemTime(Date.now() + late);
    return Promise.resolve({ headers: new Headers(date === null ? {} : { date }) });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const clock = () => import("./server-clock");

test.each([-DAY, DAY, 3_600_000])("a browser's clock that is %i ms off shows the server's time", async (off) => {
  vi.setSystemTime(SERVER + off);
  const { fetchDated, onServerTime, serverNow } = await clock();
  const told = vi.fn();
  onServerTime(told);
  await fetchDated("/graphql");
  expect(Math.abs(serverNow() - SERVER)).toBeLessThanOrEqual(500);
  expect(told).toHaveBeenCalledOnce();
  // Nothing jumps to and fro with the seconds that the header leaves out
  await fetchDated("/graphql");
  expect(told).toHaveBeenCalledOnce();
});

test("an answer that was long on its way makes nobody's clock wrong", async () => {
  late = 20_000;
  const { fetchDated, serverNow } = await clock();
  await fetchDated("/graphql");
  expect(serverNow()).toBe(Date.now());
});

test.each([null, "", "yesterday"])("a date of %j tells nothing", async (told) => {
  vi.setSystemTime(SERVER + DAY);
  date = told;
  const { fetchDated, serverNow } = await clock();
  await fetchDated("/graphql");
  expect(serverNow()).toBe(SERVER + DAY);
});

test("an API that is away is asked another time", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
  const { askServerTime, serverNow } = await clock();
  await askServerTime();
  expect(serverNow()).toBe(SERVER);
});
