// Opens a unit's page without a network. It keeps the page as it was served, with its policy and nonce, and the files that it
// loads; nothing else, and no answer of the API. With a network the network comes first, for as long as somebody waits gladly.
// The browser's store may be full, broken or silent: with a network the page opens all the same.
// The build puts in which files these are (vite.config.ts), so each release is a worker of its own with a store of its own.
import { cacheOf, isAway, isOurs, othersOf, wayOf, type Shell } from "./shell";

declare const self: ServiceWorkerGlobalScope;
declare const COZUM_SHELL: Shell;

/** In a cellar with one bar a question hangs; so long the network may take for the page. */
const WAIT_MS = 3_000;
/** So long the store may take for a file before the network is asked for it, too. */
const SOON_MS = 1_000;
/** A store that has not answered by then does not answer. */
const SILENT_MS = 10_000;

const shell: Shell = COZUM_SHELL;

/** Have all of this release, or stay out: the release before serves until then. */
async function install(): Promise<void> {
  const store = await caches.open(cacheOf(shell));
  await store.addAll([...shell.files]);
  const page = await fetch(shell.page, { cache: "no-store", credentials: "same-origin" });
  const copy = page.clone();
  if (!(await isKeepable(page))) throw new Error("the page is of another release");
  await store.put(shell.page, copy);
  await self.skipWaiting();
}

/** Whether this is the page of this release. Reads all of it. */
async function isKeepable(page: Response): Promise<boolean> {
  const html = await page.text();
  return page.status === 200 && !page.redirected && page.type === "basic" && isOurs(html, shell);
}

async function activate(): Promise<void> {
  for (const name of othersOf(shell, await caches.keys())) await caches.delete(name);
}

/** Keep the page as it was served. Where there is no room, what was kept before stays. */
async function keep(page: Response): Promise<void> {
  const store = await caches.open(cacheOf(shell));
  await store.put(shell.page, page);
}

/** What the store has; undefined also where it fails. */
function kept(path: string): Promise<Response | undefined> {
  const found = caches.open(cacheOf(shell)).then((store) => store.match(path, { ignoreVary: true }));
  return Promise.race([found.catch(() => undefined), nothingAfter(SILENT_MS)]);
}

function nothingAfter(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}

/** What the store has, or else the network; whichever has it first. */
function either(found: Promise<Response | undefined>, asked: Promise<Response>): Promise<Response> {
  return Promise.any([asked, found.then((one) => one ?? asked)]);
}

async function file(request: Request): Promise<Response> {
  const found = kept(new URL(request.url).pathname);
  const soon = await Promise.race([found, nothingAfter(SOON_MS)]);
  return soon ?? either(found, fetch(request));
}

/** The page from the network, all of it. Throws where the network does not have it now and we do. */
async function fresh(event: FetchEvent): Promise<Response> {
  const answer = await fetch(event.request);
  if (isAway(answer.status) && (await kept(shell.page))) throw new Error("away");
  const copy = answer.clone();
  if (await isKeepable(answer.clone())) event.waitUntil(keep(copy).catch(() => undefined)); // nobody waits for the store
  return answer;
}

async function page(event: FetchEvent): Promise<Response> {
  const asked = fresh(event);
  event.waitUntil(asked.catch(() => undefined));
  const first = await Promise.race([asked.catch(() => undefined), nothingAfter(WAIT_MS)]);
  return first ?? either(kept(shell.page), asked);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const way = wayOf(event.request, self.location.origin, shell);
  if (way === "page") event.respondWith(page(event));
  else if (way === "file") event.respondWith(file(event.request));
});
