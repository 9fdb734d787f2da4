const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS_IN_WORDS = 7;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const hourAndMinute = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const dateAndYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });

/**
 * "3 minutes ago", "in 2 days", "just now"; what is a week away or more by its date, "14 March", and
 * with the year where that is another one, "14 March 2028". `now` is the server's.
 */
export function relativeTime(iso: string, now: number): string {
  const at = Date.parse(iso);
  const away = at - now;
  if (Math.abs(away) < MINUTE) return away > 10_000 ? "in a moment" : "just now";
  if (Math.abs(away) < HOUR) return relative.format(Math.trunc(away / MINUTE), "minute");
  if (Math.abs(away) < DAY) return relative.format(Math.trunc(away / HOUR), "hour");
  const days = calendarDays(now, at);
  if (Math.abs(days) < DAYS_IN_WORDS) return relative.format(days, "day");
  return (isSameYear(at, now) ? date : dateAndYear).format(at);
}

/** The exact time, in the reader's time zone. */
export function exactTime(iso: string): string {
  return exact.format(Date.parse(iso));
}

/** The time of day, to the second. */
export function timeOfDay(iso: string): string {
  return clock.format(Date.parse(iso));
}

/** The day: "Today", "Yesterday", "14 March", and with the year where that is another one. */
export function dayOf(iso: string, now: number): string {
  const at = Date.parse(iso);
  const days = calendarDays(now, at);
  if (days === 0) return "Today";
  if (days === -1) return "Yesterday";
  return (isSameYear(at, now) ? date : dateAndYear).format(at);
}

/** The day with its year, whichever it is: "30 December 2026". */
export function dayInFull(iso: string): string {
  return dateAndYear.format(Date.parse(iso));
}

/** The day and the time of day: "Today, 14:05", "14 March, 09:30". */
export function dayAndTime(iso: string, now: number): string {
  return `${dayOf(iso, now)}, ${hourAndMinute.format(Date.parse(iso))}`;
}

/** The same within a sentence: "today, 14:05". */
export function dayAndTimeInside(iso: string, now: number): string {
  return dayAndTime(iso, now).replace(/^[TY]/, (letter) => letter.toLowerCase());
}

/** How many days the calendar has from one moment to the other, where the reader is. */
function calendarDays(from: number, to: number): number {
  return Math.round((midnight(to) - midnight(from)) / DAY); // a day may have 23 or 25 hours
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function isSameYear(one: number, other: number): boolean {
  return new Date(one).getFullYear() === new Date(other).getFullYear();
}

/** "40 ms", "1.4 s", "12 s", "3 min 5 s", "1 h 2 min". */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
