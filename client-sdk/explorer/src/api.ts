// The node's explorer API, as typed calls.

import { saveBlob, send as ask } from "musubi-shared";
import { type Checkpoint, type Id, type Moment, Unreachable } from "musubi-sdk";

export interface Progress { first: number; height: number; tip: number; rebuilding: boolean }
export interface Chain { chain: string; genesis: Checkpoint; members: { member: number; kind: string; name: string | null }[]; index: Progress }
/** A fact of somebody's trail, or of the consortium: its kind, and what belongs to it. */
export type AnyFact = string | Record<string, Record<string, unknown>>;
export interface Event {
  id: string; height: number; time: Moment; kind: string; outcome: "done" | "permitted" | "denied" | "failed";
  subject: Id | null; row: number | null; member: number | null; purpose: string | null; grant: "held" | "missing" | "before-index";
  body: { subject?: Id; index?: number; at?: Moment; fact: AnyFact };
}
export interface Page { events: Event[]; next: string | null; matches: number; more: boolean }
export interface Block { height: number; hash: Id; time: Moment; round: number; signers: number; extrinsics: number; events: number }
export interface Figures { permitted: number; denied: number; withoutGrant: number; consentsInForce: number; toReview: number; erasures: number; days: { day: Moment; permitted: number; denied: number }[] }
export interface Consent { consent: Id; subject: Id; recipient: number; purpose: string; state: string; proposedAt: Moment; changedAt: Moment }
export interface BreakGlass { request: Id; subject: Id; member: number; reason: string; openedAt: Moment; closedAt: Moment | null; reviewedAt: Moment | null; justified: boolean | null; overdue: boolean }
export interface Erasure { record: Id; holder: number; receipt: Id; height: number }
export interface Proposal { proposal: number; member: number; action: Record<string, Record<string, unknown>> | null; state: string; openedAt: Moment; changedAt: Moment; votes: { member: number; approve: boolean }[] }
export type Found = { is: "block" | "extrinsic"; height: number } | { is: "subject"; subject: Id } | { is: "consent"; consent: Id } | { is: "break-glass"; request: Id } | { is: "member"; member: number } | { is: "mentioned"; id: Id; events: number };

export const ROOT = "/explorer/api";

let token = "";
/** The operators' token lives as long as the page. */
export const setToken = (next: string): void => { token = next; };
export const getToken = (): string => token;

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token) headers.set("authorization", `Bearer ${token}`);
  return ask(ROOT + path, { ...init, headers });
}

export async function get<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
  return (await (await send(path, { headers })).json()) as T;
}

export const rebuild = (): Promise<Response> => send("/rebuild", { method: "POST" });

/** Saves an export to a file, with the token where one is needed. */
export async function save(path: string, name: string): Promise<void> {
  saveBlob(await (await send(path)).blob(), name);
}

/** Blocks as they become final, until the signal ends it; by fetch, since EventSource sends no token. */
export async function live(signal: AbortSignal, onBlock: (block: Block) => void): Promise<void> {
  const reader = (await send("/live", { signal })).body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) throw new Unreachable("the stream of blocks ended");
    const messages = (rest + chunk.value).split("\n\n");
    rest = messages.pop() ?? "";
    for (const message of messages) {
      const data = message.split("\n").find((line) => line.startsWith("data:"))?.slice(5).trim();
      if (message.includes("event: block") && data) onBlock(JSON.parse(data) as Block);
    }
  }
}
