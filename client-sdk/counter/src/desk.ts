// This desk: whose key works here, which members there are, which gateways are called, and the card agent.

import { send } from "musubi-shared";
import { Gateway } from "musubi-shared/gateway";
import { type Id, Refused, Unreachable } from "musubi-sdk";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { Agent } from "./agent";
import { signerOf, type StaffKey } from "./staff-key";

export type Role = "operator" | "officer" | "nurse" | "clerk" | "doctor" | "crew" | "dispatcher" | "reviewer" | "auditor" | "terminal" | "vault" | "gateway";
export type Kind = "municipality" | "clinic" | "fire-service" | string;
export interface Neighbour { member: number; kind: Kind; title?: string; hpke: Id; gateway?: string }
export interface Here { you: { member: number; kind: Kind; role: Role }; node: number | null; members: Neighbour[]; agent: string }

/** Everything that a page of this console works with. */
export class Desk {
  readonly own: Gateway;
  readonly agent: Agent;

  constructor(readonly genesis: Id, readonly here: Here, readonly key: StaffKey, readonly isCached: boolean) {
    this.own = new Gateway(genesis, signerOf(key));
    this.agent = new Agent(here.agent);
  }

  get member(): number {
    return this.here.you.member;
  }

  neighbour(member: number): Neighbour {
    const found = this.here.members.find((one) => one.member === member);
    if (!found) throw new Refused(`member ${member} is not in good standing`, 404);
    return found;
  }

  title(member: number): string {
    return this.here.members.find((one) => one.member === member)?.title ?? `#${member}`;
  }

  municipalities(): Neighbour[] {
    return this.here.members.filter((one) => one.kind === "municipality");
  }

  /** The gateway of a member: this page's own where that member runs the node, else the neighbour's. */
  gatewayOf(member: number): Gateway {
    if (member === this.here.node) return this.own;
    const { gateway } = this.neighbour(member);
    if (!gateway) throw new Refused(`the address of ${this.title(member)} is not configured here`, 404);
    return new Gateway(this.genesis, signerOf(this.key), gateway);
  }

  /** The municipality whose counter or gateway this desk works with, where none is chosen. */
  home(): number {
    return this.here.you.kind === "municipality" ? this.member : (this.municipalities().find((one) => one.gateway !== undefined || one.member === this.here.node)?.member ?? 0);
  }
}

const GENESIS = "musubi-genesis";

async function genesis(): Promise<Id> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "chain_getBlockHash", params: [0] });
  const answer = (await (await send("/rpc", { method: "POST", body, headers: { "content-type": "application/json" } })).json()) as { result?: Id };
  if (!answer.result) throw new Refused("the node does not say which chain it keeps", 502);
  localStorage.setItem(GENESIS, answer.result);
  return answer.result;
}

/** Opens the desk for a key; without the network as it was last, so that what waits in the queue can be added to. */
export async function openDesk(key: StaffKey): Promise<Desk> {
  const kept = `musubi-here ${key.account}`;
  try {
    const chain = await genesis();
    const here = await new Gateway(chain, signerOf(key)).get<Here>("/v1/desk");
    localStorage.setItem(kept, JSON.stringify(here));
    return new Desk(chain, here, key, false);
  } catch (error) {
    const [chain, here] = [localStorage.getItem(GENESIS), localStorage.getItem(kept)];
    if (!(error instanceof Unreachable) || !chain || !here) throw error;
    return new Desk(chain, JSON.parse(here) as Here, key, true);
  }
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("pages stand below the desk that they work at");
  return desk;
}
