/**
 * Musubi's SDK for browsers and Node: reads a chain and checks on this device what a node says.
 *
 * ```ts
 * const rpc = new Rpc({ url: "http://127.0.0.1:9944/rpc" });
 * const client = await LightClient.open({ rpc, checkpoints: new IndexedDbCheckpoints(), genesis });
 * const { report, bundle } = await client.prove([await client.rowWritten(height, row)]);
 * ```
 *
 * Signing and sealing are in `musubi-sdk/keys`, child health arithmetic in `musubi-sdk/care`, statements in `musubi-sdk/consent`: modules of
 * their own, fetched when used.
 */
export { IndexedDbCheckpoints, MemoryCheckpoints, type CheckpointStore, type Kept } from "./checkpoints.js";
export { factOf, fieldsOf, kindOf } from "./facts.js";
export type * from "./facts.js";
export { NotProved, Refused, TooOld, Unreachable } from "./errors.js";
export { gatewayHeaders, type Signer } from "./gateway.js";
export { LightClient, type LightClientOptions, type Proof } from "./light-client.js";
export { Rpc, type RpcOptions } from "./rpc.js";
export type * from "./types.js";
