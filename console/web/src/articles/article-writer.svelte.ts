// Writing one article. A write whose answer was lost is sent again with its key, so that no article is written twice; and where more was
// written since, what the lost write has made is written on.
import { Refused, type Answer, type Api, type Schemas } from "../api/api";
import { freshKey } from "../api/fresh-key";

type Article = Schemas["ArticleView"];
export type Wording = Pick<Article, "title" | "text" | "topic" | "language" | "words" | "valid_until" | "withdrawn">;

/** Under which what is written of an article lies in `HalfWritten`. */
export function nameOf(article: Pick<Article, "id"> | null): string {
  return article ? String(article.id) : "new";
}

export class ArticleWriter {
  /** The version that its author has seen; 0: none. */
  seen = $state(0);
  /** A save is on its way; its author may look at another article meanwhile. */
  busy = $state(false);
  #id: number | null;
  /** Of the next write. A write that was refused has not used it up. */
  #key = freshKey();

  /** `article`: null for a new one. */
  constructor(
    private readonly api: Pick<Api, "send">,
    article: Pick<Article, "id" | "version"> | null,
  ) {
    this.#id = article?.id ?? null;
    this.seen = article?.version ?? 0;
  }

  /** Raises `Refused`. */
  async save(wording: Wording): Promise<Article> {
    let answer: Answer<Article>;
    try {
      answer = await this.#write(wording);
    } catch (error) {
      if (!(error instanceof Refused) || error.key !== "idempotency-key") throw error;
      // The last write was made, as the next version of what was seen, and its author has written on.
      this.#id ??= Number(error.value);
      this.seen += 1;
      this.#key = freshKey();
      answer = await this.#write(wording);
    }
    this.#key = freshKey();
    this.#id = answer.body.id;
    this.seen = answer.body.version;
    return answer.body;
  }

  #write(wording: Wording): Promise<Answer<Article>> {
    const once = { "Idempotency-Key": this.#key };
    if (this.#id === null) return this.api.send<Article>("POST", "/articles", wording, once);
    return this.api.send<Article>("PUT", `/articles/${this.#id}`, wording, { "If-Match": `"${this.seen}"`, ...once });
  }
}
