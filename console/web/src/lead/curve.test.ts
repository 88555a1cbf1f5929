import { describe, expect, it } from "vitest";

import { axisOf, curveOf, dayBefore, hourAt, type DayPlan, type DayReport } from "./curve";

function day(...hours: [hour: number, offered: number, asa: number | null, within: number | null][]): DayReport {
  return {
    hours: hours.map(([hour, offered, asa_s, within_target]) => ({ hour, offered, asa_s, within_target, agents: 2.5 })),
  } as unknown as DayReport;
}

const today = day([9, 10, 5, 0.9], [10, 4, 7.5, 0.999]);
const plan: DayPlan = {
  file: "monday.json",
  hours: [
    { hour: 7, calls: 0, agents: 1, asa_s: null, within_target: null },
    { hour: 8, calls: 3.5, agents: 2, asa_s: 4.25, within_target: 0.808 },
    { hour: 9, calls: 12, agents: 3, asa_s: 5, within_target: 1 },
  ],
};
const yesterday = day([8, 3, 2, 1], [12, 6, null, null]);

describe("the day's curve", () => {
  it("has every hour from the first to the last of all days, and no future", () => {
    expect(curveOf([today, yesterday, null], null, "offered", 10)).toEqual({
      hours: [8, 9, 10, 11, 12],
      days: [
        [0, 10, 4, null, null],
        [3, 0, 0, 0, 6],
        [null, null, null, null, null],
      ],
      plan: null,
    });
  });

  it("tells no wait and no share of hours without calls", () => {
    expect(curveOf([today, yesterday], null, "wait", 10).days).toEqual([
      [null, 5, 7.5, null, null],
      [2, null, null, null, null],
    ]);
    expect(curveOf([today], null, "target", 10).days).toEqual([[90, 99]]);
  });

  it("is empty where there were no calls, though agents were signed in", () => {
    expect(curveOf([day([7, 0, null, null]), null], null, "offered", 9)).toEqual({
      hours: [],
      days: [[], []],
      plan: null,
    });
  });

  it("has the plan beside it, also for hours that are to come", () => {
    expect(curveOf([today], plan, "offered", 9)).toEqual({
      hours: [8, 9, 10],
      days: [[0, 10, null]],
      plan: [3.5, 12, null],
    });
    expect(curveOf([today], plan, "wait", 10).plan).toEqual([4.25, 5, null]);
    expect(curveOf([today], plan, "target", 10).plan).toEqual([80, 100, null]);
    expect(curveOf([today], plan, "agents", 10)).toMatchObject({ days: [[null, 2.5, 2.5]], plan: [2, 3, null] });
    expect(curveOf([null], plan, "offered", 3)).toEqual({ hours: [8, 9], days: [[null, null]], plan: [3.5, 12] });
  });
});

describe("the plot's axis", () => {
  it("shows the hours of the curve, some at least, and none beyond the day", () => {
    expect(axisOf([8, 9, 10, 11, 12, 13])).toEqual([7.75, 13.25]);
    expect(axisOf([9])).toEqual([8.75, 13.25]);
    expect(axisOf([0])).toEqual([-0.25, 4.25]);
    expect(axisOf([22])).toEqual([18.75, 23.25]);
    expect(axisOf([])).toEqual([-0.25, 4.25]);
  });
});

describe("days and hours", () => {
  it("are those of the line's zone", () => {
    const late = Date.parse("2025-11-30T22:30:00Z"); // 01:30 of the 1st in Istanbul
    expect(hourAt(late, "Europe/Istanbul")).toBe(1);
    expect(dayBefore(late, 0, "Europe/Istanbul")).toBe("2025-12-01");
    expect(dayBefore(late, 1, "Europe/Istanbul")).toBe("2025-11-30");
    expect(dayBefore(late, 7, "Europe/Istanbul")).toBe("2025-11-24");
    expect(hourAt(Date.parse("2025-11-30T21:10:00Z"), "Europe/Istanbul")).toBe(0);
  });
});
