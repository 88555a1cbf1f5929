// A shift lead at work: what the line says now, what the day's reports say, and what they do. Components read it and keep no copy.
import { Refused, type Schemas } from "../api/api";
import { whyOf } from "../api/refusal";
import { toasts } from "../components/toasts.svelte";
import { Live } from "../live/live.svelte";
import { told } from "../live/trouble";
import type { AgentState } from "../live/view";
import { Town } from "../requests/town.svelte";
import type { Person } from "../session/person.svelte";
import { page } from "../text/page.svelte";
import { AlarmSound } from "./alarm-sound.svelte";
import { alarmsOf, loud, stillSilenced, type Alarm, type DutyAlarm } from "./alarms";
import { dayBefore, type DayPlan, type DayReport } from "./curve";
import { CallList } from "./call-list.svelte";
import { Feed } from "./feed.svelte";
import { RequestFigures } from "./request-figures.svelte";
import { texts } from "./texts";

export type FirstReason = Schemas["FirstBody"]["reason"];
export type MonitorMode = Schemas["MonitorBody"]["mode"];
export type MonitorRight = Schemas["MonitorRight"];
export type Outbreak = Schemas["Outbreak"];
export type Callback = Schemas["Callback"];
export type AbandonedCall = Schemas["AbandonedCall"];
export type SurgeWish = Schemas["SurgeWish"];

/** What a lead asks for; one of a kind at a time. */
export type LeadAction = "first" | "monitor" | "state" | "services" | "callback" | "surge" | "outbreak";

const SOUND_KEY = "cozum.alarm-sound";
const OFTEN_MS = 5_000;
const SELDOM_MS = 20_000;
const RARELY_MS = 300_000;

export class LeadDesk {
  readonly live = new Live();
  readonly today: Feed<DayReport>;
  readonly yesterday: Feed<DayReport>;
  readonly lastWeek: Feed<DayReport>;
  readonly plan: Feed<DayPlan | null>;
  readonly why: Feed<Schemas["DayWaits"]>;
  readonly requests: RequestFigures;
  readonly abandoned: Feed<AbandonedCall[]>;
  readonly contacts: Feed<Schemas["DayContacts"]>;
  /** So many days ago was the day whose calls `contacts` is about. */
  contactsBefore = $state(0);
  /** Topics as they are sought. */
  readonly topics: Town;
  readonly calls: CallList;
  readonly callbacks: Feed<Callback[]>;
  readonly surge: Feed<{ set: Schemas["Surge"] | null }>;
  readonly outbreaks: Feed<Outbreak[]>;
  readonly town: Feed<Schemas["TownView"]>;
  readonly duty: Feed<DutyAlarm[]>;

  silenced = $state.raw<string[]>([]);
  /** Alarms are to be heard, as the lead has last said in this browser. */
  soundOn = $state(localStorage.getItem(SOUND_KEY) === "yes");
  /** Actions that were asked for and are not done yet. */
  busy = $state.raw<readonly LeadAction[]>([]);
  /** When this page noticed that the line is away, ms of the backend; null: it is not. */
  awaySince = $state<number | null>(null);

  /** Our clock as the backend's, ms. */
  readonly now: number = $derived(page.now + this.live.offset);
  readonly link = $derived(told(this.live, page));
  readonly alarms: Alarm[] = $derived.by(() => {
    return alarmsOf(this.live.state, this.link.link, this.now, this.duty.value ?? []);
  });
  readonly loud: Alarm[] = $derived(loud(this.alarms, this.silenced));

  readonly #sound = new AlarmSound();
  readonly #feeds: Feed<unknown>[];

  constructor(readonly person: Person) {
    const day = (before: number) => `/report?day=${dayBefore(this.now, before, page.zone)}`;
    const api = person.api;
    this.today = new Feed(() => api.get("/report"), SELDOM_MS);
    this.yesterday = new Feed(() => api.get(day(1)), RARELY_MS);
    this.lastWeek = new Feed(() => api.get(day(7)), RARELY_MS);
    this.plan = new Feed(() => api.get("/report/plan"), RARELY_MS);
    this.why = new Feed(() => api.get("/report/why"), SELDOM_MS);
    this.requests = new RequestFigures(api);
    this.abandoned = new Feed(() => api.get("/abandoned"), SELDOM_MS);
    this.contacts = new Feed(() => {
      const before = this.contactsBefore;
      return api.get(`/report/contacts${before ? `?day=${dayBefore(this.now, before, page.zone)}` : ""}`);
    }, SELDOM_MS);
    this.topics = new Town(api);
    this.calls = new CallList(api, () => this.now, SELDOM_MS);
    this.callbacks = new Feed(() => api.get("/callbacks"), OFTEN_MS);
    this.surge = new Feed(async () => ({ set: await api.get<Schemas["Surge"] | null>("/surge") }), SELDOM_MS);
    this.outbreaks = new Feed(() => api.get("/outbreaks"), SELDOM_MS);
    this.town = new Feed(() => api.get("/town"), RARELY_MS);
    this.duty = new Feed(() => api.get("/duty-alarms"), OFTEN_MS);
    this.#feeds = [
      this.today,
      this.yesterday,
      this.lastWeek,
      this.plan,
      this.why,
      this.requests.feed,
      this.abandoned,
      this.contacts,
      this.calls.feed,
      this.callbacks,
      this.surge,
      this.outbreaks,
      this.town,
      this.duty,
    ] as Feed<unknown>[];
  }

  /** Follow the line and ask for the reports. Also after the session has been begun anew. */
  begin(): void {
    this.live.start(null, {
      state: () => {
        if (page.zone === this.live.state?.timezone) return;
        page.zone = this.live.state?.timezone;
        this.yesterday.start(); // the days are those of the line's zone
        this.lastWeek.start();
      },
      refused: () => {
        this.person.session = null;
      },
    });
    for (const feed of this.#feeds) feed.start();
    if (this.soundOn) this.#sound.allow();
  }

  stop(): void {
    this.live.stop();
    for (const feed of this.#feeds) feed.stop();
    this.#sound.set(false);
  }

  /** Ids of the routine services, those of which the line is asked most first. */
  get routine(): string[] {
    return (this.town.value?.services ?? []).filter((one) => one.class === "routine").map((one) => one.id);
  }

  nameOf(extension: string): string {
    return this.live.nameOf(extension);
  }

  // --- alarms

  /** Keep in step with the alarms: forget what was silenced and is over, sound or be quiet. */
  watch(): void {
    const kept = stillSilenced(this.alarms, this.silenced);
    if (kept.length !== this.silenced.length) this.silenced = kept;
    const away = this.link.link === "away" || this.link.link === "down";
    if (away !== (this.awaySince !== null)) this.awaySince = away ? this.now : null;
    this.#sound.set(this.soundOn && this.loud.length > 0);
  }

  silence(): void {
    this.silenced = this.alarms.map((alarm) => alarm.key);
  }

  /** Alarms are to be heard, and the browser lets this page sound only after a key or a press. */
  get soundRefused(): boolean {
    return this.soundOn && this.#sound.refused;
  }

  toggleSound(): void {
    this.soundOn = !this.soundOn;
    localStorage.setItem(SOUND_KEY, this.soundOn ? "yes" : "no");
    if (this.soundOn) this.#sound.allow();
  }

  // --- what became of calls

  showContactsOf(before: number): void {
    this.contactsBefore = before;
    void this.contacts.refresh();
  }

  // --- what a lead does

  async putFirst(call: string, reason: FirstReason): Promise<boolean> {
    const done = await this.#do("first", () =>
      this.person.api.send("POST", `/calls/${encodeURIComponent(call)}/first`, { reason }),
    );
    if (done) toasts.say(texts().putFirstDone, "good");
    return done;
  }

  /** The right of the lead's own phone to monitor a talk; null: it was refused, and why has been said. */
  async monitor(call: string, mode: MonitorMode): Promise<MonitorRight | null> {
    let right: MonitorRight | null = null;
    await this.#do("monitor", async () => {
      try {
        right = (
          await this.person.api.send<MonitorRight>("POST", `/calls/${encodeURIComponent(call)}/monitor`, { mode })
        ).body;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const why = texts().monitorRefused[String(error.value)];
        throw why ? new Refused(error.status, why) : error;
      }
    });
    return right;
  }

  async setState(extension: string, state: "ready" | "paused" | "offline", reason = ""): Promise<boolean> {
    let now: AgentState | undefined;
    const done = await this.#do("state", async () => {
      const path = `/agents/${encodeURIComponent(extension)}/state`;
      now = (await this.person.api.send<Schemas["Agent"]>("POST", path, { state, reason })).body.state;
    });
    if (done && now) toasts.say(texts().stateSet(this.nameOf(extension), page.t.states[now]), "good");
    return done;
  }

  /** The services that an agent takes now; null: not to be had. */
  async servicesOf(extension: string): Promise<Schemas["AgentServices"] | null> {
    try {
      return await this.person.api.get(`/agents/${encodeURIComponent(extension)}/services`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return null;
    }
  }

  async setServices(extension: string, services: string[]): Promise<Schemas["AgentServices"] | null> {
    let now: Schemas["AgentServices"] | null = null;
    const done = await this.#do("services", async () => {
      const path = `/agents/${encodeURIComponent(extension)}/services`;
      now = (await this.person.api.send<Schemas["AgentServices"]>("PUT", path, { services })).body;
    });
    if (done) toasts.say(texts().servicesSet(this.nameOf(extension)), "good");
    return now;
  }

  async cancelCallback(call: string): Promise<boolean> {
    const done = await this.#do("callback", () =>
      this.person.api.send("DELETE", `/callbacks/${encodeURIComponent(call)}`),
    );
    if (done) toasts.say(texts().cancelled, "good");
    await this.callbacks.refresh();
    return done;
  }

  async setSurge(wish: SurgeWish): Promise<boolean> {
    const done = await this.#do("surge", () => this.person.api.send("PUT", "/surge", wish));
    if (done) toasts.say(texts().surgeSet, "good");
    await this.surge.refresh();
    return done;
  }

  async withdrawSurge(): Promise<void> {
    let answered = 0;
    const done = await this.#do("surge", async () => {
      const gone = (await this.person.api.send<Schemas["Surge"] | null>("DELETE", "/surge")).body;
      answered = gone?.answered ?? 0;
    });
    if (done) toasts.say(texts().withdrawn(page.format.count(answered)), "good");
    await this.surge.refresh();
  }

  /** Open the parent of an outbreak, or join those who called since; null: it could not be done. */
  async accept(one: Outbreak): Promise<Outbreak | null> {
    let found: Outbreak | null = null;
    const known = one.parent;
    const done = await this.#do("outbreak", async () => {
      const wish = { topic: one.topic, district: one.district };
      found = (await this.person.api.send<Outbreak>("POST", "/outbreaks", wish)).body;
    });
    const parent = found as Outbreak | null;
    if (done && parent?.parent) {
      const words = known ? texts().joined : texts().accepted;
      toasts.say(words(parent.parent, page.format.count(parent.tickets)), "good");
    }
    await this.outbreaks.refresh();
    return parent;
  }

  /** Do one thing of a kind at a time, and say why if it could not be done. A message is spoken for a long time: all else is done
   * meanwhile. */
  async #do(what: LeadAction, work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy.includes(what)) return false;
    this.busy = [...this.busy, what];
    try {
      await work();
      return true;
    } catch (error) {
      this.tell(error);
      return false;
    } finally {
      this.busy = this.busy.filter((one) => one !== what);
    }
  }

  /** Say why something could not be done. */
  tell(error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    if (error.status !== 401) toasts.say(error.status ? whyOf(error) : page.t.common.away, "wrong", error.action);
  }
}
