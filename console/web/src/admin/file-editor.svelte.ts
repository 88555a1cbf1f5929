// One configuration file that is being changed: as it was read, and the edits that are not saved yet. Nothing of them is lost when the
// file changes meanwhile: it is read again, and they are shown against the new text. A form's edits and a text of the whole file cannot
// be saved together, so that the first to begin keeps the other out until it is saved or given up.
import { Refused, type Api, type Schemas } from "../api/api";
import { toasts } from "../components/toasts.svelte";
import { page } from "../text/page.svelte";
import { answered, faultIn, told } from "./refusals";
import { applied, valueAt, withEdit, type Edit, type Json, type Table } from "./edits";
import { texts } from "./texts";

export type FileName = Schemas["FileLine"]["name"];
export type Proposal = Schemas["Proposal"];
export type Saved = Schemas["Saved"];
export type Reload = Schemas["Reload"];
export type Version = Schemas["Version"];

export class FileEditor {
  /** null: not read yet. */
  file = $state.raw<Schemas["File"] | null>(null);
  etag = "";
  edits = $state.raw<Edit[]>([]);
  /** The whole text that was typed, whatever the file has. */
  #typed = $state<string | null>(null);
  /** The whole text, where it differs from the file's; null: it does not. */
  readonly text: string | null = $derived(this.#typed === (this.file?.text ?? "") ? null : this.#typed);
  trouble = $state("");
  /** The system has no such file. */
  isMissing = $state(false);
  /** A change is on its way. Reading is no reason to take none. */
  busy = $state(false);
  /** It is being read. */
  reading = $state(false);
  versions = $state.raw<Version[]>([]);
  /** The values with the edits made. */
  readonly values: Table = $derived(applied((this.file?.values ?? {}) as Table, this.edits));
  readonly changed: boolean = $derived(this.edits.length > 0 || this.text !== null);

  constructor(
    private readonly api: Api,
    readonly name: FileName,
  ) {}

  async read(): Promise<void> {
    this.reading = true;
    try {
      await this.#asked(async () => {
        const answer = await this.api.read<Schemas["File"]>(`/config/${this.name}`);
        this.file = answer.body;
        this.etag = answer.etag;
        this.versions = await this.api.get<Version[]>(`/config/${this.name}/versions`);
      });
    } finally {
      this.reading = false;
    }
  }

  at(...path: string[]): Json | undefined {
    return valueAt(this.values, path);
  }

  /** The file's own value, whatever is to become of it. */
  own(...path: string[]): Json | undefined {
    return valueAt((this.file?.values ?? {}) as Table, path);
  }

  /** Change a key, unless the text is being edited. */
  set(value: Json, ...path: string[]): void {
    if (this.text === null) this.edits = withEdit(this.edits, (this.file?.values ?? {}) as Table, path, value);
  }

  /** Change the whole text, unless keys were changed. */
  write(text: string): void {
    if (this.edits.length === 0) this.#typed = text;
  }

  forget(): void {
    this.edits = [];
    this.#typed = null;
  }

  /** What the edits, or an earlier version, would come to; null: it cannot be told now. */
  propose(version?: number): Promise<Proposal | null> {
    return this.#tried(async () => {
      const body = this.#change(version);
      return (await this.api.send<Proposal>("POST", `/config/${this.name}/check`, body, this.#match())).body;
    });
  }

  save(why: string, version?: number): Promise<Saved | null> {
    return this.#tried(async () => {
      const [before, edits, typed] = [(this.file?.values ?? {}) as Table, this.edits, this.#typed];
      const body = { ...this.#change(version), why };
      const saved = (await this.api.send<Saved>("PUT", `/config/${this.name}`, body, this.#match())).body;
      await this.read();
      this.#forgetSaved(before, edits, typed);
      return saved;
    });
  }

  /** What has been changed since it was sent is still to be saved. `before`: the file's values then. */
  #forgetSaved(before: Table, edits: readonly Edit[], typed: string | null): void {
    if (this.#typed === typed) this.#typed = null;
    const now = this.edits;
    const wanted = applied(before, now);
    const since = [...edits, ...now].filter((one) => !(edits.includes(one) && now.includes(one)));
    this.edits = [];
    for (const { path } of since) this.set(valueAt(wanted, path) ?? null, ...path);
  }

  /** Give an agent's telephone new secrets; with a name, a new agent. */
  telephone(extension: string, name: string): Promise<Schemas["Telephone"] | null> {
    return this.#tried(async () => {
      const path = `/config/agents/${extension}/telephone`;
      const sheet = (await this.api.send<Schemas["Telephone"]>("POST", path, name ? { name } : {}, this.#match())).body;
      await this.read();
      return sheet;
    });
  }

  #match(): Record<string, string> {
    return { "If-Match": this.etag };
  }

  #change(version?: number): object {
    if (version !== undefined) return { version };
    return this.text !== null ? { text: this.text } : { edits: this.edits };
  }

  async #tried<T>(work: () => Promise<T>): Promise<T | null> {
    this.busy = true;
    try {
      return await this.#asked(work);
    } finally {
      this.busy = false;
    }
  }

  async #asked<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      const done = await work();
      this.trouble = "";
      return done;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const t = texts();
      if (error.status === 412) {
        await this.read();
        toasts.say(t.changedMeanwhile, "wrong");
      } else if (error.status !== 401) {
        this.trouble = answered(error, page.language) || t.away;
        this.isMissing = error.status === 404 && !this.file;
        toasts.say(this.trouble, "wrong");
      }
      return null;
    }
  }
}

/** Why the line refused its files, in words. */
export function refusedBy(reload: Reload): string[] {
  return reload.refused.map((text) => told(faultIn(text), page.language).words);
}

/** What the line's refusal is about: it stays until the line has taken its files. */
const RELOAD = "the line's reload";

/** What became of a save, said as a toast. */
export function tell(saved: { version: number; waiting: string[]; reload: Reload }): void {
  const t = texts();
  toasts.settle(RELOAD);
  if (saved.reload.state === "refused")
    toasts.say(t.refusedByLine(refusedBy(saved.reload).join("; ")), "wrong", RELOAD);
  else if (saved.reload.state === "pending") toasts.say(t.savedPending, "info");
  else toasts.say(t.savedTaken, "good");
  if (saved.waiting.length) toasts.say(t.needsRestart(saved.waiting.join(", ")), "info");
}
