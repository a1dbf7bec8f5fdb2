// What this machine keeps: keys that no script can read out, and everything about people sealed under one of them.

const NAME = "musubi-counter";
const STORES = ["keys", "meta", "sealed"] as const;
type StoreName = (typeof STORES)[number];

let opened: Promise<IDBDatabase> | undefined;

const open = (): Promise<IDBDatabase> =>
  (opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => { for (const store of STORES) request.result.createObjectStore(store); };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("this browser keeps nothing"));
  }));

async function act<T>(store: StoreName, mode: IDBTransactionMode, ask: (objects: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    const request = ask(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("this browser could not keep it"));
  });
}

export const read = <T>(store: StoreName, key: string): Promise<T | undefined> => act(store, "readonly", (objects) => objects.get(key) as IDBRequest<T | undefined>);
export const readAll = <T>(store: StoreName): Promise<T[]> => act(store, "readonly", (objects) => objects.getAll() as IDBRequest<T[]>);
export const write = (store: StoreName, key: string, value: unknown): Promise<unknown> => act(store, "readwrite", (objects) => objects.put(value, key));
export const drop = (store: StoreName, key: string): Promise<unknown> => act(store, "readwrite", (objects) => objects.delete(key));

interface Sealed { id: string; nonce: Uint8Array; bytes: ArrayBuffer }

let sealing: Promise<CryptoKey> | undefined;

/** The machine's own key for what it keeps. It never leaves the browser's key store: a copied disk opens nothing without this profile. */
const sealingKey = (): Promise<CryptoKey> =>
  (sealing ??= (async () => {
    const known = await read<CryptoKey>("meta", "sealing");
    if (known) return known;
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await write("meta", "sealing", fresh);
    return fresh;
  })());

/** Seals a value and keeps it under a name, which is bound into it. */
export async function seal(id: string, value: unknown): Promise<void> {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(JSON.stringify(value));
  const bytes = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(id) }, await sealingKey(), text);
  await write("sealed", id, { id, nonce, bytes } satisfies Sealed);
}

/** Opens everything whose name begins so. What another key sealed is passed over: it opens for nobody here. */
export async function unsealAll<T>(prefix: string): Promise<T[]> {
  const kept = (await readAll<Sealed>("sealed")).filter((one) => one.id.startsWith(prefix));
  const opened = await Promise.all(kept.map(async ({ id, nonce, bytes }) => {
    const parameters = { name: "AES-GCM", iv: nonce as BufferSource, additionalData: new TextEncoder().encode(id) };
    const text = await crypto.subtle.decrypt(parameters, await sealingKey(), bytes).catch(() => undefined);
    return text && (JSON.parse(new TextDecoder().decode(text)) as T);
  }));
  return opened.filter((one): one is Awaited<T> & NonNullable<unknown> => one !== undefined) as T[];
}

export const forget = (id: string): Promise<unknown> => drop("sealed", id);
