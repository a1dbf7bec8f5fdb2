// The card agent of this machine: paired once, asked over loopback. What it refuses, it says in all three languages.

import type { Language } from "musubi-shared";
import type { Id, Moment } from "musubi-sdk";
import { drop, read, write } from "./database";
import { tagOf } from "./speech";

/** The readers as the agent sees them. */
export interface Seen { service: boolean; card: boolean; readers: { name: string; presence: "empty" | "card" | "busy" | "mute" }[] }
/** One certificate of a card. */
export interface Credential { present: boolean; tries_left?: number }
export interface CardStatus { token: "plastic" | "android" | "iphone" | "unknown"; signing: Credential; authentication: Credential }
export interface Face { name: string; address: string; birthDate: string; sex: "male" | "female" | "unknown" | "not applicable" }
export type Row = { is: "title" | "heading" | "note"; text: string } | { is: "field"; label: string; text: string } | { is: "gap" };
/** A document as the agent showed it: what is signed is what its digest stands for. */
export interface Shown { kind: string; digest: string; reference: string; about: Id; said: Record<"ja" | "ja-x-easy" | "en", Row[]> }
export interface Signed { about: Id; commitment: Id; sealed: string; proposal: string | null; reference: string; testCard: boolean }
export interface Visit { request: Record<string, unknown>; notAfter: Moment; testCard: boolean }

/** The agent does not run, or this page may not reach it. */
export class AgentAway extends Error {}

/** The agent, the card or the person behind it said no. */
export class AgentRefused extends Error {
  constructor(readonly outcome: string, private readonly sentences: Record<string, string>, readonly triesLeft?: number) {
    super(outcome);
  }
  sentence(language: Language): string {
    return this.sentences[tagOf(language)] ?? this.outcome;
  }
}

const TOKEN = "agent-token";

export class Agent {
  constructor(readonly address: string) {}

  async pair(code: string): Promise<void> {
    const { token } = await this.#ask<{ token: string }>("/v1/pairings", { code });
    await write("meta", TOKEN, token);
  }

  async unpair(): Promise<void> {
    await this.#send("/v1/pairings/end", { method: "POST" }).catch(() => undefined);
    await drop("meta", TOKEN);
  }

  async isPaired(): Promise<boolean> {
    return (await read<string>("meta", TOKEN)) !== undefined;
  }

  status = (): Promise<CardStatus> => this.#ask("/v1/status", {});
  face = (secret: string, printedNumber: boolean, insist: boolean): Promise<Face> => this.#ask("/v1/face", { secret, printedNumber, insist });
  show = (kind: "consent" | "binding" | "withdrawal", fields: object): Promise<Shown> => this.#ask("/v1/documents", { kind, fields });
  sign = (form: { digest: string; genesis: Id; key: "signing" | "authentication"; secret: string; sealTo: Id; insist: boolean }): Promise<Signed> => this.#ask("/v1/signatures", form);
  checkIn = (form: object): Promise<Visit> => this.#ask("/v1/check-ins", form);

  /** The readers, now and as they change, until the signal ends it. */
  async watch(signal: AbortSignal, onSeen: (seen: Seen) => void): Promise<void> {
    const response = await this.#send("/v1/readers", { signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done) throw new AgentAway("the agent ended");
      const messages = (rest + chunk.value).split("\n\n");
      rest = messages.pop() ?? "";
      for (const message of messages) {
        const data = message.split("\n").find((line) => line.startsWith("data:"))?.slice(5);
        if (data) onSeen(JSON.parse(data) as Seen);
      }
    }
  }

  async #ask<T>(path: string, body: unknown): Promise<T> {
    const response = await this.#send(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
    return (await response.json()) as T;
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = await read<string>("meta", TOKEN);
    if (token) headers.set("authorization", `Bearer ${token}`);
    const response = await fetch(this.address + path, { ...init, headers }).catch((cause: unknown) => { throw new AgentAway("the card agent does not answer", { cause }); });
    if (response.ok) return response;
    const said = (await response.json().catch(() => ({}))) as { outcome?: string; sentences?: Record<string, string>; triesLeft?: number };
    if (response.status === 401) await drop("meta", TOKEN);
    throw new AgentRefused(said.outcome ?? `status-${response.status}`, said.sentences ?? {}, said.triesLeft);
  }
}
