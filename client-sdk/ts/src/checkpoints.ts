// Where a reader keeps its checkpoints: the one that it begins from, and the newest that it has followed to.

import type { Checkpoint, Id } from "./types.js";

/** What is kept of one chain. Proofs lead to blocks above `from`, so both are needed while `newest` is the tip. */
export interface Kept {
  from: Checkpoint;
  newest: Checkpoint;
}

/** A place that outlives the program, or not. */
export interface CheckpointStore {
  load(genesis: Id): Promise<Kept | undefined>;
  save(genesis: Id, kept: Kept): Promise<void>;
}

/** Forgets with the program. */
export class MemoryCheckpoints implements CheckpointStore {
  readonly #kept = new Map<Id, Kept>();
  load(genesis: Id): Promise<Kept | undefined> {
    return Promise.resolve(this.#kept.get(genesis));
  }
  save(genesis: Id, kept: Kept): Promise<void> {
    this.#kept.set(genesis, kept);
    return Promise.resolve();
  }
}

/** The browser's IndexedDB. */
export class IndexedDbCheckpoints implements CheckpointStore {
  constructor(private readonly name = "musubi-checkpoints") {}

  async load(genesis: Id): Promise<Kept | undefined> {
    return (await this.#run("readonly", (kept) => kept.get(genesis))) as Kept | undefined;
  }

  async save(genesis: Id, kept: Kept): Promise<void> {
    await this.#run("readwrite", (store) => store.put(kept, genesis));
  }

  async #run(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
    const opening = indexedDB.open(this.name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
    const database = (await done(opening)) as IDBDatabase;
    try {
      return await done(ask(database.transaction("kept", mode).objectStore("kept")));
    } finally {
      database.close();
    }
  }
}

function done(request: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
