import { render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EventList } from "./event-list";

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-11-24T12:00:00"), toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

const at = (version: number, time: string) => ({ version, kind: "STATUS", occurredAt: new Date(time).toISOString(), words: `event ${version}` });

test("each day stands once, above what happened on it, newest first", () => {
  const happenings = [at(1, "2026-11-02T08:00:00"), at(2, "2026-11-23T09:00:00"), at(3, "2026-11-24T10:00:00"), at(4, "2026-11-24T11:00:00")];
  render(<EventList label="Activity" happenings={happenings} />);
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
    "Today11:00:00event 4",
    "10:00:00event 3",
    "Yesterday09:00:00event 2",
    "2 November08:00:00event 1",
  ]);
});

test("a time has its full date for programs and on hover", () => {
  const happening = at(1, "2026-11-02T08:00:00");
  render(<EventList label="Activity" happenings={[happening]} />);
  const time = screen.getByText("08:00:00");
  expect(time.getAttribute("datetime")).toBe(happening.occurredAt);
  expect(time.getAttribute("title")).toContain("2 November 2026");
});

test("empty: says so", () => {
  render(<EventList label="Activity" happenings={[]} />);
  expect(screen.getByText("Nothing has happened yet.")).toBeDefined();
});
