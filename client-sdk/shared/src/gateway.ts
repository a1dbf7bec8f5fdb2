// A node's gateway, as typed calls that are signed by a key which never leaves its store.

import { gatewayHeaders, type Id, Refused, type Signer } from "musubi-sdk";
import { send } from "./send";

/** What a key must know to sign a transaction. */
export interface SigningContext { member: number | null; genesis: Id; specVersion: number; transactionVersion: number; height: number; hash: Id; nonce: number }
/** A transaction that is final and did what it was asked. */
export interface Applied { block: number; hash: Id }

/** Blocks that a transaction may wait before it is void. */
const PERIOD = 64;
/** How often a transaction is signed anew because another of the same key was first; each time somebody else's has gone through. */
const TURNS = 8;

/** The gateway on this page's own origin, or on another one. */
export class Gateway {
  readonly #genesis: Id;
  readonly #signer: Signer;
  readonly #origin: string;

  constructor(genesis: Id, signer: Signer, origin = "") {
    [this.#genesis, this.#signer, this.#origin] = [genesis, signer, origin];
  }

  get account(): Id {
    return this.#signer.account;
  }

  async get<T>(path: string, subject?: Id): Promise<T> {
    return (await (await this.#send("GET", path, undefined, subject)).json()) as T;
  }

  async file(path: string): Promise<Blob> {
    return (await this.#send("GET", path)).blob();
  }

  async post<T>(path: string, body: unknown, subject?: Id): Promise<T> {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    return (await (await this.#send("POST", path, bytes, subject)).json()) as T;
  }

  /** Posts bytes as they are. */
  async postBytes(path: string, body: Uint8Array): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#send("POST", path, body)).arrayBuffer());
  }

  /** Signs a call of the runtime, submits it and waits until it is final. Calls of one key go one after the other, from whichever page or machine. */
  async submit(call: Uint8Array): Promise<Applied> {
    return inTurn(`musubi ${this.#genesis} ${this.account}`, async () => {
      for (let turn = 1, used: number | undefined, refused: unknown; ; turn++) {
        const at = await this.get<SigningContext>("/v1/signing-context");
        // Nobody else was first: it is the call itself that no block takes.
        if (at.nonce === used) throw refused;
        try {
          return await this.#submitOnce(call, at);
        } catch (error) {
          if (!(error instanceof Refused && error.kind === "not-taken") || turn === TURNS) throw error;
          [used, refused] = [at.nonce, error];
        }
      }
    });
  }

  async #submitOnce(call: Uint8Array, at: SigningContext): Promise<Applied> {
    const { loadKeys } = await import("musubi-sdk/keys");
    const keys = await loadKeys();
    const envelope = {
      genesis: at.genesis, specVersion: at.specVersion, transactionVersion: at.transactionVersion, account: this.account, nonce: at.nonce,
      mortal: { period: PERIOD, height: at.height, block: at.hash },
    };
    const unsigned = new keys.UnsignedExtrinsic(envelope, call);
    const extrinsic = unsigned.attachSignature(await this.#signer.sign(unsigned.payloadToSign()));
    const answer = await this.postBytes("/v1/extrinsics", extrinsic);
    return JSON.parse(new TextDecoder().decode(answer)) as Applied;
  }

  async #send(method: "GET" | "POST", path: string, body?: Uint8Array, subject?: Id): Promise<Response> {
    const call = { method, path, ...(subject && { subject }), ...(body && { body }) };
    const headers = await gatewayHeaders(this.#genesis, this.#signer, call);
    return send(this.#origin + path, { method, headers, ...(body && { body: body as BufferSource }) });
  }
}

/** Does it when all other pages of this browser that do the same are done. Where a browser has no locks, the node's refusal is the lock. */
const inTurn = <T>(name: string, work: () => Promise<T>): Promise<T> => (globalThis.navigator?.locks ? navigator.locks.request(name, work) as Promise<T> : work());
