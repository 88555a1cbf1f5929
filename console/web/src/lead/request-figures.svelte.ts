// The report of requests, for days that are chosen.
import type { Api, Schemas } from "../api/api";
import { Feed } from "./feed.svelte";

export type RequestsReport = Schemas["RequestsReport"];

const RARELY_MS = 300_000;

export class RequestFigures {
  /** So many days, up to `day` (YYYY-MM-DD; empty: today). */
  span = $state.raw<{ day: string; days: number }>({ day: "", days: 7 });
  readonly feed: Feed<RequestsReport>;

  constructor(api: Api) {
    this.feed = new Feed(() => api.get(`/report/requests?${this.query}`), RARELY_MS);
  }

  /** The days as the API takes them. */
  get query(): string {
    return `days=${String(this.span.days)}${this.span.day ? `&day=${this.span.day}` : ""}`;
  }

  setSpan(span: { day: string; days: number }): void {
    this.span = span;
    void this.feed.refresh();
  }
}
