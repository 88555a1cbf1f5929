// The desk's API, as whoever is signed in here: writes carry the session's word, and what is refused is an error with its reason.
import { toasts } from "../components/toasts.svelte";
import { NotSignedIn } from "../session/session";
import { deadlineOf } from "./deadlines";
import type { components } from "./schema";

export type Schemas = components["schemas"];

/** The desk said no, or did not answer in time. `status` is the answer's, 0 where there was none; `key` and `value` what it names as
 * wrong; `code` is the kind of refusal, empty where it names none; `action` names what was asked for, so that its success can take the
 * words about its failure away. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly value: unknown = undefined,
    readonly key = "",
    readonly code = "",
    readonly action = "",
  ) {
    super(`refused: ${status} ${detail}`);
  }
}

export interface Answer<T> {
  body: T;
  etag: string;
}

/** The session of the person who asks. */
export interface Holder {
  /** Whether the desk has said whose it is. If not, it is asked before anything else: the browser may be another person's by now. */
  isSure?(): boolean;
  /** The word that their writes carry. */
  csrf(): string;
  /** Take the session that this browser has now: a sign-in in another tab ends the page's own and begins one with another word.
   * False: it is not this person's. Throws `NotSignedIn` where the desk does not say. */
  renew(): Promise<boolean>;
  /** They are not signed in any more. */
  over(): void;
}

export class Api {
  constructor(private readonly holder: Holder) {}

  async get<T>(path: string): Promise<T> {
    return (await this.#ask<T>("GET", path)).body;
  }

  /** Something with its version, which a write of it must name. */
  read<T>(path: string): Promise<Answer<T>> {
    return this.#ask<T>("GET", path);
  }

  /** A part of a list; `next` says where the part behind it is, and is empty if this is the last. */
  async page<T>(path: string): Promise<{ body: T[]; next: string }> {
    return this.#fetch("GET", path, null, {}, async (answer) => ({
      body: (await answer.json()) as T[],
      next: answer.headers.get("Link") ?? "",
    }));
  }

  /** Write something: a file as it is, everything else as JSON. `outlives`: it is sent even if the page is left meanwhile. */
  send<T>(
    method: "POST" | "PATCH" | "PUT" | "DELETE",
    path: string,
    body?: object | Blob,
    headers: Record<string, string> = {},
    outlives = false,
  ): Promise<Answer<T>> {
    return this.#ask<T>(method, path, body, headers, outlives);
  }

  /** Send a sound, and have one back. */
  async sound(path: string, body: Blob): Promise<Blob> {
    return this.#fetch("POST", path, body, { "Content-Type": body.type }, (answer) => answer.blob());
  }

  async #ask<T>(
    method: string,
    path: string,
    body?: object,
    more: Record<string, string> = {},
    keepalive = false,
  ): Promise<Answer<T>> {
    const isFile = body instanceof Blob;
    const headers = { ...more };
    if (body) headers["Content-Type"] = isFile ? body.type : "application/json";
    const read = async (answer: Response) => {
      const text = await answer.text(); // empty where there is nothing to say
      return { body: (text ? JSON.parse(text) : null) as T, etag: answer.headers.get("ETag") ?? "*" };
    };
    const content = isFile ? body : body ? JSON.stringify(body) : null;
    return this.#fetch(method, path, content, headers, read, keepalive);
  }

  /** Ask, and have the answer read. An answer that does not come whole within the deadline is none. What is refused may be refused to
   * another person, who has signed in in another tab, or by the word of a session before: it is asked once more where the same person
   * has another session now. */
  async #fetch<T>(
    method: string,
    path: string,
    body: BodyInit | null,
    headers: Record<string, string>,
    read: (answer: Response) => Promise<T>,
    keepalive = false,
    isAgain = false,
  ): Promise<T> {
    const action = `${method} ${path.split("?")[0] ?? ""}`;
    if (this.holder.isSure?.() === false) await this.#renew(action);
    const csrf = this.holder.csrf();
    const carried = method === "GET" ? headers : { ...headers, "X-CSRF-Token": csrf };
    const signal = AbortSignal.timeout(deadlineOf(path, body instanceof Blob));
    try {
      const answer = await fetch(`/api/v1${path}`, {
        method,
        headers: carried,
        body,
        cache: "no-store",
        keepalive,
        signal,
      });
      if (!answer.ok) {
        const told = await reason(answer);
        if (answer.status === 403 && !isAgain) {
          await this.#renew(action);
          if (this.holder.csrf() !== csrf) return await this.#fetch(method, path, body, headers, read, keepalive, true);
        }
        if (answer.status === 401) {
          // Asked by the cookie before, while a change of the password gave the session another one.
          if (!isAgain && csrf && (await this.#goesOn(csrf))) {
            return await this.#fetch(method, path, body, headers, read, keepalive, true);
          }
          this.holder.over();
        }
        throw new Refused(answer.status, told.detail ?? "", told.value, told.key ?? "", told.code ?? "", action);
      }
      const found = await read(answer);
      toasts.settle(action);
      return found;
    } catch (error) {
      if (error instanceof Refused || error instanceof SyntaxError) throw error;
      throw new Refused(0, "", undefined, "", "", action);
    }
  }

  /** Whether this person's session goes on, by another word than this one. */
  async #goesOn(csrf: string): Promise<boolean> {
    try {
      return (await this.holder.renew()) && this.holder.csrf() !== csrf;
    } catch (error) {
      if (error instanceof NotSignedIn) return false;
      throw error;
    }
  }

  /** Have the session that there is now. Raises `Refused`: it is another person's or none, or the desk does not say. */
  async #renew(action: string): Promise<void> {
    let status = 401;
    try {
      if (await this.holder.renew()) return;
    } catch (error) {
      if (!(error instanceof NotSignedIn)) throw error;
      status = error.status;
    }
    if (status === 401) this.holder.over();
    throw new Refused(status, "", undefined, "", "", action);
  }
}

interface Reason {
  detail?: string;
  value?: unknown;
  key?: string;
  code?: string;
}

async function reason(answer: Response): Promise<Reason> {
  try {
    return (await answer.json()) as Reason;
  } catch {
    return {};
  }
}
