// Days of the town as times. Pure.

/** When a day (2026-11-27) begins in a zone, as a time of RFC 3339; `after`: so many days later. */
export function beginOf(day: string, zone: string | undefined, after = 0): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return inZone(Date.UTC(year, month - 1, date + after), zone);
}

/** When a day's clock in a zone shows a time (09:10), so many minutes later, as a time of RFC 3339. */
export function atTime(day: string, time: string, zone: string | undefined, later = 0): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return inZone(Date.UTC(year, month - 1, date, hour, minute + later), zone);
}

/** The time of RFC 3339 at which a zone's clock shows what UTC's shows at `there`, ms. */
function inZone(there: number, zone: string | undefined): string {
  // The zone's offset may change just then: the second look is by the offset that the first one found.
  const first = there - offsetAt(there, zone);
  return new Date(there - offsetAt(first, zone)).toISOString();
}

/** How far a zone's clock is ahead of UTC, ms. */
function offsetAt(ms: number, zone: string | undefined): number {
  if (!zone) return -new Date(ms).getTimezoneOffset() * 60_000;
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(ms);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const there = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return there - Math.floor(ms / 1000) * 1000;
}

/** The day (2026-11-27) that a moment is in a zone; `later`: so many days after it. */
export function dayOf(ms: number, zone: string | undefined, later = 0): string {
  const there = new Date(ms + offsetAt(ms, zone));
  there.setUTCDate(there.getUTCDate() + later);
  return there.toISOString().slice(0, 10);
}
