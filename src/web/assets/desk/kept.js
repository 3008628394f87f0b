// What this browser keeps, in one database that is opened here and nowhere else.

const DATABASE = "liandan";
const VERSION = 2;
/** The stores, with what a record is found by. The keys have been there since version 1. */
const STORES = {
  keys: ["log", "kid"],
  // What a key knows of its ledger beside its loads: names, keys of others, the head of the log.
  facts: ["log", "kid"],
  loads: ["log", "kid", "manifest"],
  // What was signed here or scanned: offers, events, answers at the road.
  envelopes: ["log", "id"],
  // Photos on their way.
  files: ["log", "digest"],
};

/** @typedef {keyof typeof STORES} Store */

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) {
        if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name, { keyPath });
      }
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    // A page that holds it open in an older version closes it after its act: this does not wait for long.
  });
}

/**
 * One act on some of the stores, all of it or nothing; done when the browser has written it down.
 * @template T
 * @param {Store[]} names
 * @param {IDBTransactionMode} mode
 * @param {(store: (name: Store) => IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>} what the request that the act gives comes to
 */
export async function inStores(names, mode, act) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(names, mode, { durability: "strict" });
      /** @type {IDBRequest<T>} */
      let request;
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request?.error);
      try {
        request = act((name) => transaction.objectStore(name));
      } catch (why) {
        // What was asked for before goes too.
        reject(why);
        transaction.abort();
      }
    });
  } finally {
    database.close();
  }
}

/** All records whose keys begin so. @param {string[]} first */
export const under = (...first) => IDBKeyRange.bound(first, [...first, []]);
