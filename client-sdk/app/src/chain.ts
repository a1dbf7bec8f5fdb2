// The node that this page came from: what it says of the chain, and what of a family's trail is proved on this device.

import { IndexedDbCheckpoints, LightClient, NotProved, type Checkpoint, type Id, type Moment, Rpc, type TrailRow } from "musubi-sdk";
import { Gateway } from "musubi-shared/gateway";
import { send } from "musubi-shared";
import type { Device } from "./device";
import { keep, kept } from "./store";

export interface About { chain: string; genesis: Checkpoint; home: number | null; members: { member: number; kind: string; name: string | null }[]; rules: { version: number; hash: number[] } | null }
export interface Relative { subject: Id; role: string; authority: "single" | "joint"; until?: Moment; name: string; born: string }
export interface Family { person: Id; people: Relative[] }
export interface ProvedRow { row: TrailRow; height: number; proof: string }
export interface Consent { consent: Id; guardian: Id; recipient: number; purpose: string; categories: string[]; notBefore: Moment; until: Moment; state: string | { ended: string } }
export interface Draft { subject: Id; label: string; recipient: number; purpose: string; categories: string[]; days: number; language: string }
export interface HandOver { code: string; until: Moment; guardian: Id; draft: Draft; statement?: string }

/** Rows that the gateway gives at once. */
const ROWS = 100;

/** How a consent stands, in the words of the chain. */
export const stateOf = (consent: Consent): string => (typeof consent.state === "string" ? consent.state : consent.state.ended);
export const isOn = (consent: Consent): boolean => ["proposed", "effective", "paused"].includes(stateOf(consent));

/** What the node says of its chain. The genesis that this device met first is the one that it stays with. */
export async function aboutChain(device: Device): Promise<About> {
  const about = (await (await send("/v1/chain")).json()) as About;
  const first = await kept<Checkpoint>(device.keys, "genesis");
  if (first && first.genesis !== about.genesis.genesis) throw new NotProved("this node shows another chain than the one that this device knows");
  if (!first) await keep(device.keys, "genesis", about.genesis);
  return { ...about, genesis: first ?? about.genesis };
}

/** JSON-RPC as a guest; what guests may not ask is asked at the gateway, signed, about one subject. */
class FamilyRpc extends Rpc {
  constructor(private readonly gateway: Gateway, private readonly subject: Id) {
    super({ url: "/rpc" });
  }

  override async call<T>(method: string, ...params: unknown[]): Promise<T> {
    const at = `/v1/family/${this.subject}`;
    if (method === "musubi_trail") return (await this.gateway.get<ProvedRow[]>(`${at}/trail?first=${params[1]}`)) as T;
    if (method === "state_getReadProof") return { proof: await this.gateway.get<string[]>(`${at}/trail-end?block=${params[1]}`) } as T;
    return super.call<T>(method, ...params);
  }
}

export interface Trail { rows: ProvedRow[]; proved: boolean; asOf: Moment; height: number; why?: string }

/** A subject's whole trail, proved on this device to be what the chain has, none missing. */
export async function provedTrail(about: About, device: Device, subject: Id): Promise<Trail> {
  const gateway = new Gateway(about.genesis.genesis, device.signer);
  const client = await LightClient.open({ rpc: new FamilyRpc(gateway, subject), checkpoints: new IndexedDbCheckpoints(), genesis: about.genesis });
  const head = await client.head();
  const rows: ProvedRow[] = [];
  for (;;) {
    const page = await gateway.get<ProvedRow[]>(`/v1/family/${subject}/trail?first=${rows.length}`);
    rows.push(...page.filter((placed) => placed.height <= head.height));
    if (page.length < ROWS) break;
  }
  const whole = { kind: "whole-trail", height: head.height, subject, rows: rows.map(({ row }) => row) } as const;
  const each = rows.map(({ row, height, proof }) => ({ kind: "row-written", height, row, proof }) as const);
  const { report } = await client.prove([whole, ...each], head);
  return { rows, proved: true, asOf: report.asOf, height: report.checkpoint.height };
}
