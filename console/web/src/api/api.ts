// The desk's API, as whoever is signed in here: writes carry the session's word, and what is refused is an error with its reason.
import type { components } from "./schema";

export type Schemas = components["schemas"];

/** The desk said no, or did not answer. `status` is the answer's, 0 where there was none; `key` and `value` what it names as wrong. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly value: unknown = undefined,
    readonly key = "",
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

  /** Something with its version, which a write of it must name. */
  read<T>(path: string): Promise<Answer<T>> {
    return this.#ask<T>("GET", path);
  }

  /** A part of a list; `next` says where the part behind it is, and is empty if this is the last. */
  async page<T>(path: string): Promise<{ body: T[]; next: string }> {
    const answer = await this.#fetch("GET", path, null, {});
    return { body: (await answer.json()) as T[], next: answer.headers.get("Link") ?? "" };
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
    const headers = { "X-CSRF-Token": this.csrf(), "Content-Type": body.type };
    return (await this.#fetch("POST", path, body, headers)).blob();
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
    if (method !== "GET") headers["X-CSRF-Token"] = this.csrf();
    if (body) headers["Content-Type"] = isFile ? body.type : "application/json";
    const answer = await this.#fetch(
      method,
      path,
      isFile ? body : body ? JSON.stringify(body) : null,
      headers,
      keepalive,
    );
    const text = await answer.text(); // empty where there is nothing to say
    return { body: (text ? JSON.parse(text) : null) as T, etag: answer.headers.get("ETag") ?? "*" };
  }

  async #fetch(
    method: string,
    path: string,
    body: BodyInit | null,
    headers: Record<string, string>,
    keepalive = false,
  ): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(`/api/v1${path}`, { method, headers, body, cache: "no-store", keepalive });
    } catch {
      throw new Refused(0, "");
    }
    if (answer.status === 401) this.refused();
    if (!answer.ok) {
      const told = await reason(answer);
      throw new Refused(answer.status, told.detail ?? "", told.value, told.key ?? "");
    }
    return answer;
  }
}

async function reason(answer: Response): Promise<{ detail?: string; value?: unknown; key?: string }> {
  try {
    return (await answer.json()) as { detail?: string; value?: unknown; key?: string };
  } catch {
    return {};
  }
}
