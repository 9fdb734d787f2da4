import { expect, test } from "vitest";
import { dayAndTime, dayInFull, dayOf, duration, relativeTime, timeOfDay } from "./time";

/** A time of day where the reader is, as the server tells it. */
const local = (text: string) => new Date(text).toISOString();
const at = (text: string) => new Date(text).getTime();
const NOW = "2026-11-24T12:00:00";

test.each([
  ["2026-11-24T11:59:50", "just now"],
  ["2026-11-24T11:57:00", "3 minutes ago"],
  ["2026-11-24T09:00:00", "3 hours ago"],
  ["2026-11-24T13:59:59", "in 1 hour"],
  ["2026-11-23T11:00:00", "yesterday"],
  ["2026-11-25T12:00:00", "tomorrow"],
  ["2026-11-19T12:00:00", "5 days ago"],
  ["2026-11-30T12:00:00", "in 6 days"],
  ["2026-11-17T12:00:00", "17 November"],
  ["2026-12-25T12:00:00", "25 December"],
  ["2026-01-01T00:00:00", "1 January"],
  ["2025-12-31T23:59:59", "31 December 2025"],
  ["2027-01-01T00:00:00", "1 January 2027"],
  ["2028-03-14T12:00:00", "14 March 2028"],
  // A server's clock that is a little ahead is not the future
  ["2026-11-24T12:00:05", "just now"],
])("%s is %s", (time, said) => {
  expect(relativeTime(local(time), at(NOW))).toBe(said);
});

test.each([
  ["2026-11-23T00:30:00", "2026-11-25T00:40:00", "2 days ago"],
  ["2026-11-23T23:30:00", "2026-11-25T00:40:00", "2 days ago"],
  ["2026-11-26T00:30:00", "2026-11-24T23:30:00", "in 2 days"],
])("days are the calendar's: %s at %s is %s", (time, now, said) => {
  expect(relativeTime(local(time), at(now))).toBe(said);
});

test.each([
  ["2026-11-24T00:00:01", "Today", "00:00:01"],
  ["2026-11-23T23:59:59", "Yesterday", "23:59:59"],
  ["2026-11-22T08:05:00", "22 November", "08:05:00"],
  ["2025-11-24T12:00:00", "24 November 2025", "12:00:00"],
])("%s is %s at %s", (time, day, said) => {
  expect(dayOf(local(time), at(NOW))).toBe(day);
  expect(timeOfDay(local(time))).toBe(said);
  expect(dayAndTime(local(time), at(NOW))).toBe(`${day}, ${said.slice(0, 5)}`);
});

test("a day with its year, also this one", () => {
  expect(dayInFull(local("2026-12-30T23:59:59"))).toBe("30 December 2026");
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
