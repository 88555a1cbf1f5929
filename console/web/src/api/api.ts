// The desk's API, as whoever is signed in here: writes carry the session's word, and what is refused is an error with its reason.
import type { components } from "./schema";

export type Schemas = components["schemas"];

/** The desk said no, or did not answer. `status` is the answer's, 0 where there was none. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
  ) {
    super(`refused: ${status} ${detail}`);
  }
}

export interface Answer<T> {
  body: T;
  etag: string;
}

export class Api {
  /** `refused` is told that nobody is signed in any more. */
  constructor(
    private readonly csrf: () => string,
    private readonly refused: () => void,
  ) {}

  async get<T>(path: string): Promise<T> {
    return (await this.#ask<T>("GET", path)).body;
  }

  send<T>(
    method: "POST" | "PATCH",
    path: string,
    body: object,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    return this.#ask<T>(method, path, body, headers);
  }

  async #ask<T>(method: string, path: string, body?: object, more: Record<string, string> = {}): Promise<Answer<T>> {
    const headers = body ? { ...more, "Content-Type": "application/json", "X-CSRF-Token": this.csrf() } : more;
    let answer: Response;
    try {
      answer = await fetch(`/api/v1${path}`, {
        method,
        headers,
        body: body ? JSON.stringify(body) : null,
        cache: "no-store",
      });
    } catch {
      throw new Refused(0, "");
    }
    if (answer.status === 401) this.refused();
    if (!answer.ok) throw new Refused(answer.status, await reason(answer));
    return { body: (await answer.json()) as T, etag: answer.headers.get("ETag") ?? "*" };
  }
}

async function reason(answer: Response): Promise<string> {
  try {
    return ((await answer.json()) as { detail?: string }).detail ?? "";
  } catch {
    return "";
  }
}
