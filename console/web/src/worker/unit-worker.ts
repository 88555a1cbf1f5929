// Opens a unit's page without a network. It keeps the page as it was served, with its policy and nonce, and the files that it
// loads; nothing else, and no answer of the API. With a network the network comes first, for as long as somebody waits gladly.
// The build puts in which files these are (vite.config.ts), so each release is a worker of its own with a store of its own.
import { cacheOf, isAway, isOurs, othersOf, wayOf, type Shell } from "./shell";

declare const self: ServiceWorkerGlobalScope;
declare const COZUM_SHELL: Shell;

/** In a cellar with one bar a question hangs; so long the network may take for the page. */
const WAIT_MS = 3_000;

const shell: Shell = COZUM_SHELL;

/** Have all of this release, or stay out: the release before serves until then. */
async function install(): Promise<void> {
  const kept = await caches.open(cacheOf(shell));
  await kept.addAll([...shell.files]);
  const page = await fetch(shell.page, { cache: "no-store", credentials: "same-origin" });
  if (!(await keepPage(page))) throw new Error("the page is of another release, or there is no room for it");
  await self.skipWaiting();
}

/** Keep the page as it was served, if it is this release's. */
async function keepPage(page: Response): Promise<boolean> {
  const copy = page.clone();
  const html = await page.text();
  if (page.status !== 200 || page.redirected || page.type !== "basic" || !isOurs(html, shell)) return false;
  const store = await caches.open(cacheOf(shell));
  return store.put(shell.page, copy).then(
    () => true,
    () => false, // the disk is full: what was kept before stays
  );
}

async function activate(): Promise<void> {
  for (const name of othersOf(shell, await caches.keys())) await caches.delete(name);
}

async function kept(path: string): Promise<Response | undefined> {
  const store = await caches.open(cacheOf(shell));
  return store.match(path, { ignoreVary: true });
}

async function file(request: Request): Promise<Response> {
  return (await kept(new URL(request.url).pathname)) ?? fetch(request);
}

/** The page from the network, all of it. Throws where the network does not have it now and we do. */
async function fresh(request: Request): Promise<Response> {
  const answer = await fetch(request);
  if (isAway(answer.status) && (await kept(shell.page))) throw new Error("away");
  await keepPage(answer.clone());
  return answer;
}

async function page(event: FetchEvent): Promise<Response> {
  const asked = fresh(event.request);
  const inTime = new Promise<null>((resolve) => setTimeout(() => resolve(null), WAIT_MS));
  event.waitUntil(asked.catch(() => undefined));
  const first = await Promise.race([asked.catch(() => null), inTime]);
  return first ?? (await kept(shell.page)) ?? asked;
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const way = wayOf(event.request, self.location.origin, shell);
  if (way === "page") event.respondWith(page(event));
  else if (way === "file") event.respondWith(file(event.request));
});
