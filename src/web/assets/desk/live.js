// Keeps a page true while it is looked at: the server says that something happened, and the page asks for itself again and puts the new parts in
// the place of the old ones.

/** Shortest time between two looks, in milliseconds, however much happens. */
const PAUSE_MS = 2000;
/** A page that nobody touched for so long asks no more, so that the session of whoever left it ends in its time. */
const LEFT_ALONE_MS = 15 * 60_000;
/** How often it is looked at whether somebody is there. */
const LOOK_MS = 60_000;

/** @param {ParentNode} page @returns {Map<string, HTMLElement>} */
const partsOf = (page) =>
  new Map([.../** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-live]"))].map((part) => [part.dataset.live ?? "", part]));

/** This page as it is now. The parser of `fetch` is closed to scripts here; this one runs nothing that it reads. @returns {Promise<Document | null>} */
function again() {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.addEventListener("loadend", () => resolve(request.status === 200 ? request.responseXML : null));
    request.send();
  });
}

/** Puts in what differs. A part with whoever reads by keyboard in it, or with something opened in it, stays until the next time. */
async function refresh() {
  const now = await again();
  if (!now) return;
  const fresh = partsOf(now);
  for (const [name, part] of partsOf(document)) {
    const other = fresh.get(name);
    const isInUse = part.contains(document.activeElement) || part.querySelector("details[open]") !== null;
    if (other && other.innerHTML !== part.innerHTML && !isInUse) part.replaceWith(document.importNode(other, true));
  }
}

/** One look at a time, and none sooner than it must be. */
class Watch {
  /** @type {EventSource | null} */
  #source = null;
  #isWaiting = false;
  #touchedAt = Date.now();

  /** Somebody is there: what happened while nobody was, was not told. */
  touch() {
    this.#touchedAt = Date.now();
    if (this.#source === null && document.visibilityState === "visible") {
      refresh();
      this.follow();
    }
  }

  /** Only what is looked at listens: browsers keep few connections to one host. */
  follow() {
    const isLeft = Date.now() - this.#touchedAt > LEFT_ALONE_MS;
    if (isLeft || document.visibilityState !== "visible") {
      this.#source?.close();
      this.#source = null;
      this.#show(false);
    } else if (this.#source === null) {
      this.#source = new EventSource("/live");
      this.#source.addEventListener("news", () => this.#soon());
      this.#source.addEventListener("open", () => this.#show(true));
      this.#source.addEventListener("error", () => this.#show(false));
    }
  }

  #soon() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    setTimeout(async () => {
      this.#isWaiting = false;
      await refresh();
    }, PAUSE_MS);
  }

  /** Says whether the page is kept true. @param {boolean} isKept */
  #show(isKept) {
    const told = /** @type {HTMLElement | null} */ (document.querySelector("[data-live-state]"));
    if (told) told.hidden = !isKept;
  }
}

const watch = new Watch();
document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? watch.touch() : watch.follow()));
for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => watch.touch(), { passive: true });
setInterval(() => watch.follow(), LOOK_MS);
watch.follow();
