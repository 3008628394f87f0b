// Has the browser keep a page, so that it opens without a network from then on, where it keeps pages at all.

/** @param {"/q" | "/driver"} page */
export async function keepPage(page) {
  // A page of ours names scripts by a policy only.
  const worker = /** @type {any} */ (window).trustedTypes?.createPolicy("worker", { createScriptURL: () => "/worker.js" }).createScriptURL("") ?? "/worker.js";
  await navigator.serviceWorker?.register(worker, { scope: page });
}
