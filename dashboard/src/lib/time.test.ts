import { expect, test } from "vitest";
import { duration, relativeTime } from "./time";

const NOW = Date.parse("2026-11-24T12:00:00Z");

test.each([
  ["2026-11-24T11:59:50Z", "just now"],
  ["2026-11-24T11:57:00Z", "3 minutes ago"],
  ["2026-11-24T09:00:00Z", "3 hours ago"],
  ["2026-11-23T11:00:00Z", "yesterday"],
  ["2026-12-25T12:00:00Z", "next month"],
  // A server's clock that is a little ahead is not the future
  ["2026-11-24T12:00:05Z", "just now"],
])("%s is %s", (at, said) => {
  expect(relativeTime(at, NOW)).toBe(said);
});

test.each([
  [-5, "0 ms"],
  [40, "40 ms"],
  [1_440, "1.4 s"],
  [12_000, "12 s"],
  [185_000, "3 min 5 s"],
  [3_600_000, "1 h 0 min"],
])("%i milliseconds are %s", (milliseconds, said) => {
  expect(duration(milliseconds)).toBe(said);
});
