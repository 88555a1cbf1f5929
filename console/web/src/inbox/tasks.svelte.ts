// What people must decide about requests, and who has taken it.
import type { Api, Schemas } from "../api/api";
import type { Task } from "../requests/types";

export type Whose = "all" | "mine" | "free";

export interface TaskFilters {
  done: boolean;
  kind: Task["kind"] | "";
  whose: Whose;
}

export type Decision = Task["decisions"][number];

/** What is decided, and what comes with it. */
export type Decided = Partial<Pick<Schemas["TaskDoneBody"], "decision" | "unit" | "score" | "remark">>;

/** What is decided by whoever closes a task. The request may have been moved on beside it since the task was read. */
export function decisionsOf(task: Task, request: { number: string; state: string } | null): readonly Decision[] {
  return request?.number === task.number && request.state !== task.state ? [] : task.decisions;
}

const MOST = 1000;
const RANKS: Record<Schemas["Ticket"]["priority"], number> = { high: 0, normal: 1, low: 2 };

export class Tasks {
  filters = $state<TaskFilters>({ done: false, kind: "", whose: "all" });
  all = $state.raw<readonly Task[]>([]);
  /** Requests that no unit has. */
  unsorted = $state.raw<readonly Schemas["Ticket"][]>([]);
  /** The people who work on tasks. */
  workers = $state.raw<readonly Schemas["TaskWorker"][]>([]);
  loaded = $state(false);
  /** Questions so far: an answer that was overtaken by a later question is not shown. */
  #turn = 0;
  /** The question whose answer is shown. */
  #answered = 0;

  constructor(
    private readonly api: Api,
    private readonly user: string,
  ) {}

  /** Those that the filters let through: of the open ones the oldest first, of the others the last one done. */
  get shown(): Task[] {
    return this.all.filter((one) => {
      if (this.filters.whose === "mine") return one.assigned_to === this.user;
      return this.filters.whose === "all" || !one.assigned_to;
    });
  }

  get isFiltered(): boolean {
    return this.filters.done || this.filters.kind !== "" || this.filters.whose !== "all";
  }

  of(id: number): Task | null {
    return this.all.find((one) => one.id === id) ?? null;
  }

  /** A task that is not listed, since it is done or the filters keep it back; null: there is none. */
  async find(id: number): Promise<Task | null> {
    for (const done of [false, true]) {
      const [found] = await this.api.get<Task[]>(`/tasks?done=${done}&after=${id - 1}&limit=1`);
      if (found?.id === id) return found;
    }
    return null;
  }

  async load(): Promise<void> {
    const { done, kind } = this.filters;
    const asked = `done=${done}${kind ? `&kind=${kind}` : ""}`;
    const turn = ++this.#turn;
    const [all, unsorted] = await Promise.all([
      this.api.get<Task[]>(`/tasks?${asked}&limit=${MOST}`),
      this.api.get<Schemas["Ticket"][]>("/tickets?state=new&order=due&limit=200"),
    ]);
    if (turn !== this.#turn) return;
    this.#answered = turn;
    this.all = done ? all.reverse() : all;
    // What is due first stands first, and before it what the town's topics put first.
    this.unsorted = unsorted.toSorted((one, other) => RANKS[one.priority] - RANKS[other.priority]);
    this.loaded = true;
  }

  /** Take a task, or give it back. */
  async assign(task: Task, mine: boolean): Promise<Task> {
    return this.#changed(await this.api.send<Task>("POST", `/tasks/${task.id}/assigned`, { mine }));
  }

  /** Give it to a person. */
  async give(task: Task, to: string): Promise<Task> {
    return this.#changed(await this.api.send<Task>("POST", `/tasks/${task.id}/assigned`, { to }));
  }

  /** Call its citizen: our own telephone rings first. Whoever calls has the task. The call. */
  async call(task: Task): Promise<string> {
    const answer = await this.api.send<Schemas["TaskCalled"]>("POST", `/tasks/${task.id}/call`, {});
    this.all = this.all.map((one) => (one.id === task.id ? { ...one, assigned_to: this.user } : one));
    return answer.body.id;
  }

  /** Look who works on tasks, unless it is known. */
  async lookWorkers(): Promise<void> {
    if (!this.workers.length) this.workers = await this.api.get<Schemas["TaskWorker"][]>("/tasks/workers");
  }

  /** `unit` gets a request that is reopened; without it the one that had it. `score` and `remark` are of a citizen who was told. */
  async finish(task: Task, note: string, decided: Decided = {}): Promise<Task> {
    return this.#changed(await this.api.send<Task>("POST", `/tasks/${task.id}/done`, { note, ...decided }));
  }

  #changed(answer: { body: Task }): Task {
    this.all = this.all.map((one) => (one.id === answer.body.id ? answer.body : one));
    // An answer that is on its way may tell of before.
    if (this.#answered !== this.#turn) void this.load().catch(() => undefined);
    return answer.body;
  }
}
