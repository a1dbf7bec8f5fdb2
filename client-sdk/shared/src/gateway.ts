// A node's gateway, as typed calls that are signed by a key which never leaves its store.

import { gatewayHeaders, type Id, type Signer } from "musubi-sdk";
import { send } from "./send";

/** What a key must know to sign a transaction. */
export interface SigningContext { member: number | null; genesis: Id; specVersion: number; transactionVersion: number; height: number; hash: Id; nonce: number }
/** A transaction that is final and did what it was asked. */
export interface Applied { block: number; hash: Id }

/** Blocks that a transaction may wait before it is void. */
const PERIOD = 64;

/** The gateway on this page's own origin, or on another one. */
export class Gateway {
  constructor(private readonly genesis: Id, private readonly signer: Signer, private readonly origin = "") {}

  get account(): Id {
    return this.signer.account;
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

  /** Signs a call of the runtime, submits it and waits until it is final. */
  async submit(call: Uint8Array): Promise<Applied> {
    const { loadKeys } = await import("musubi-sdk/keys");
    const [keys, at] = await Promise.all([loadKeys(), this.get<SigningContext>("/v1/signing-context")]);
    const envelope = {
      genesis: at.genesis, specVersion: at.specVersion, transactionVersion: at.transactionVersion, account: this.signer.account, nonce: at.nonce,
      mortal: { period: PERIOD, height: at.height, block: at.hash },
    };
    const unsigned = new keys.UnsignedExtrinsic(envelope, call);
    const extrinsic = unsigned.attachSignature(await this.signer.sign(unsigned.payloadToSign()));
    const answer = await this.postBytes("/v1/extrinsics", extrinsic);
    return JSON.parse(new TextDecoder().decode(answer)) as Applied;
  }

  async #send(method: "GET" | "POST", path: string, body?: Uint8Array, subject?: Id): Promise<Response> {
    const call = { method, path, ...(subject && { subject }), ...(body && { body }) };
    const headers = await gatewayHeaders(this.genesis, this.signer, call);
    return send(this.origin + path, { method, headers, ...(body && { body: body as BufferSource }) });
  }
}
