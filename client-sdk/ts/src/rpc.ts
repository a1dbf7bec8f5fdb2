// JSON-RPC over fetch. Calls made in one turn of the event loop travel together.

import { Refused, Unreachable } from "./errors.js";

/** Calls in one batch; nodes refuse more than 64. */
const BATCH_MAX = 32;

/** How to reach a node. */
export interface RpcOptions {
  /** Address of its JSON-RPC, such as `http://127.0.0.1:9944/rpc`. */
  url: string;
  /** The operators' token, where the node is another machine. */
  token?: string;
  /** Another `fetch`, for tests. */
  fetch?: typeof fetch;
}

interface Call {
  method: string;
  params: unknown[];
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: { code: number; message: string };
}

/** A node's JSON-RPC. */
export class Rpc {
  #waiting: Call[] = [];
  constructor(private readonly options: RpcOptions) {}

  /** Calls a method. Rejects with {@link Unreachable} or {@link Refused}. */
  call<T>(method: string, ...params: unknown[]): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#waiting.length === 0) queueMicrotask(() => this.#send());
      this.#waiting.push({ method, params, resolve, reject });
    }) as Promise<T>;
  }

  #send(): void {
    const calls = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < calls.length; at += BATCH_MAX) void this.#batch(calls.slice(at, at + BATCH_MAX));
  }

  async #batch(calls: Call[]): Promise<void> {
    try {
      const answers = await this.#post(calls.map(({ method, params }, id) => ({ jsonrpc: "2.0", id, method, params })));
      const byId = new Map(answers.map((answer) => [answer.id, answer]));
      calls.forEach((call, id) => settle(call, byId.get(id)));
    } catch (error) {
      for (const call of calls) call.reject(error as Error);
    }
  }

  async #post(body: unknown): Promise<Answer[]> {
    const { url, token } = this.options;
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (token) headers["authorization"] = `Bearer ${token}`;
    const send = this.options.fetch ?? fetch;
    const response = await send(url, { method: "POST", headers, body: JSON.stringify(body) }).catch((cause: unknown) => {
      throw new Unreachable(`${url} does not answer: is the node running?`, { cause });
    });
    if (!response.ok) throw new Refused(`${url} answers ${response.status}`, response.status);
    const answers: unknown = await response.json();
    return (Array.isArray(answers) ? answers : [answers]) as Answer[];
  }
}

function settle(call: Call, answer: Answer | undefined): void {
  if (answer?.error) call.reject(new Refused(`${call.method}: ${answer.error.message}`, answer.error.code));
  else if (answer && "result" in answer) call.resolve(answer.result);
  else call.reject(new Refused(`${call.method}: the node left the call unanswered`, 0));
}
