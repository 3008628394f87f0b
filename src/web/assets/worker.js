// Keeps the pages that must open where there is no network. Before this text the program puts `self.KEPT`: what to keep, and a version with the
// digest of all of it. What is signed is not kept here but in the database of the browser, which no version of this touches.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** @type {{ version: string, pages: string[], files: string[] }} */
const KEPT = /** @type {any} */ (self).KEPT;
/** Names of what older versions kept begin so too. Each page has a worker of its own, which is renewed in its own time. */
const NAMES = `liandan-kept.${new URL(worker.registration.scope).pathname}.`;
const NAME = NAMES + KEPT.version;
const SERVER_FAULT = 500;
/** What is kept is found by its address: a browser must not compare the cookies and languages that came with a request, which differ. */
const BY_ADDRESS = { ignoreVary: true };
/** How long a slow network is waited for, in milliseconds. */
const PATIENCE_MS = 3_000;

async function keep() {
  const cache = await caches.open(NAME);
  await cache.addAll([...KEPT.pages, ...KEPT.files]);
  await worker.skipWaiting();
}

async function forgetOthers() {
  const old = (await caches.keys()).filter((name) => name.startsWith(NAMES) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** @param {Response} answer */
async function isOfThisVersion(answer) {
  const text = await answer.text();
  return KEPT.files.some((file) => file.includes("/carry/") && text.includes(`"${file}"`));
}

/** The page as it is now, in the language that was chosen last; as it was kept where nobody answers in time. @param {Request} request */
async function page(request) {
  const { pathname } = new URL(request.url);
  const cache = await caches.open(NAME);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status >= SERVER_FAULT) throw new Error(`HTTP ${answer.status}`);
    // A page of another version names scripts that are not kept: it waits for its own worker.
    if (answer.ok && !answer.redirected && (await isOfThisVersion(answer.clone()))) await cache.put(pathname, answer.clone());
    return answer;
  } catch (why) {
    const kept = await cache.match(pathname, BY_ADDRESS);
    if (!kept) throw why;
    return kept;
  }
}

/** @param {Request} request */
const file = async (request) => (await caches.match(request, BY_ADDRESS)) ?? fetch(request);

worker.addEventListener("install", (event) => event.waitUntil(keep()));
worker.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (KEPT.pages.includes(pathname) && search === "") event.respondWith(page(request));
  else if (pathname.startsWith("/assets/")) event.respondWith(file(request));
});
