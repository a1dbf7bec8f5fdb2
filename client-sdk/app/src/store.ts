// What the app keeps on this device: keys that no script can read out, and everything else encrypted under one of them.

const NAME = "musubi-app";

interface Sealed { nonce: Uint8Array; bytes: ArrayBuffer }

/** Keys of the device, as the browser holds them. */
export interface DeviceKeys { signing: CryptoKeyPair; sealing: CryptoKeyPair; storage: CryptoKey; made: number }

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's store failed"));
  });

async function run<T>(store: "keys" | "kept", mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => ["keys", "kept"].forEach((name) => opening.result.createObjectStore(name));
  const database = await settled(opening);
  try {
    return await settled(ask(database.transaction(store, mode).objectStore(store)));
  } finally {
    database.close();
  }
}

export const readKeys = (): Promise<DeviceKeys | undefined> => run("keys", "readonly", (store) => store.get("device")) as Promise<DeviceKeys | undefined>;

/** Makes the device's keys, none of which can leave this browser. */
export async function makeKeys(): Promise<DeviceKeys> {
  const [signing, sealing, storage] = await Promise.all([
    crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]) as Promise<CryptoKeyPair>,
    crypto.subtle.generateKey("X25519", false, ["deriveBits"]) as Promise<CryptoKeyPair>,
    crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]),
  ]);
  const keys = { signing, sealing, storage, made: Date.now() };
  await run("keys", "readwrite", (store) => store.put(keys, "device"));
  // A browser that runs out of room must not throw the keys away.
  await navigator.storage?.persist?.().catch(() => false);
  return keys;
}

/** Removes keys and everything that was kept: this device knows nothing any more. */
export async function forgetAll(): Promise<void> {
  await run("kept", "readwrite", (store) => store.clear());
  await run("keys", "readwrite", (store) => store.clear());
}

let writing: Promise<unknown> = Promise.resolve();

/** Keeps a value, encrypted. What is kept later is written later: of two values under one name, the second stays. */
export function keep(keys: DeviceKeys, name: string, value: unknown): Promise<void> {
  const written = writing.catch(() => undefined).then(() => write(keys, name, value));
  writing = written;
  return written;
}

async function write(keys: DeviceKeys, name: string, value: unknown): Promise<void> {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const bytes = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(name) }, keys.storage, plain);
  await run("kept", "readwrite", (store) => store.put({ nonce, bytes } satisfies Sealed, name));
}

/** What was kept under a name, if anything. */
export async function kept<T>(keys: DeviceKeys, name: string): Promise<T | undefined> {
  const sealed = (await run("kept", "readonly", (store) => store.get(name))) as Sealed | undefined;
  if (!sealed) return undefined;
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.nonce as BufferSource, additionalData: new TextEncoder().encode(name) }, keys.storage, sealed.bytes);
  return JSON.parse(new TextDecoder().decode(plain)) as T;
}

export const remove = (name: string): Promise<unknown> => run("kept", "readwrite", (store) => store.delete(name));

/** Names of what is kept that begin so. */
export async function keptNames(prefix: string): Promise<string[]> {
  const names = (await run("kept", "readonly", (store) => store.getAllKeys())) as string[];
  return names.filter((name) => name.startsWith(prefix));
}
