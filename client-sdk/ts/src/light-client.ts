// The light client: gathers from a node what proves a statement, and lets the module check it here.
//
// Nothing that the node says is believed: a wrong answer makes a bundle that does not verify. What is trusted is the checkpoint, and that
// fewer than a third of its validators lie.

import type { CheckpointStore, Kept } from "./checkpoints.js";
import { NotProved, Refused, TooOld, Unreachable } from "./errors.js";
import { load } from "./module.js";
import type { Rpc } from "./rpc.js";
import type { Checkpoint, ConsentFacts, HeaderFacts, Id, Moment, Proved, RecordFacts, Report, Statement, TrailRow } from "./types.js";

/** Older than this, the newest block does not stand for now: three idle beats and some time on the way. */
const AGE_MAX: Moment = 30_000;
/** Rows that a node gives at once. */
const ROWS_MAX = 500;

interface Path {
  header: string;
  proof: { encoded: string };
}
interface Finality {
  height: number;
  hash: Id;
  header: string;
  certificate: unknown;
  validators: unknown;
  setCommittedBy: Path | null;
}
interface Placed {
  row: TrailRow;
  height: number;
}
type Followed = { outcome: "final"; header: HeaderFacts; checkpoint: Checkpoint } | { outcome: "too-few-trusted"; height: number };

/** A proof that was checked on this device. */
export interface Proof {
  report: Report;
  /** The bundle, to the byte: `musubi verify` reads it and trusts neither this program nor the node. */
  bundle: string;
}

/** One value of the state, by what it is; any other by its key, in hexadecimal ({@link LightClient.storageKey}). */
type Question = { consent: Id } | { record: Id } | { key: string };

/** How a light client works. */
export interface LightClientOptions {
  rpc: Rpc;
  checkpoints: CheckpointStore;
  /** Genesis and its validators, from a chain specification that the reader trusts. */
  genesis: Checkpoint;
  /** The clock, milliseconds since 1970. */
  now?: () => Moment;
  /** The module's bytes, where it cannot be fetched. */
  module?: BufferSource;
}

/** Reads a chain and believes only what is proved. */
export class LightClient {
  private constructor(
    private readonly wasm: Awaited<ReturnType<typeof load>>,
    private readonly options: LightClientOptions,
    private kept: Kept,
  ) {}

  /** Begins from the newest checkpoint that this device kept of the chain, or from genesis. */
  static async open(options: LightClientOptions): Promise<LightClient> {
    const wasm = await load(options.module);
    const kept = await options.checkpoints.load(options.genesis.genesis);
    return new LightClient(wasm, options, kept ?? { from: options.genesis, newest: options.genesis });
  }

  /** The newest block that this device has followed to. */
  get newest(): Checkpoint {
    return this.kept.newest;
  }

  /** Checks the certificate of a block and takes it as the newest. Rejects with {@link NotProved}. */
  async follow(hash: Id): Promise<HeaderFacts> {
    const step = asStep(await this.options.rpc.call<Finality>("musubi_certificate", hash));
    const followed = this.#try(() => JSON.parse(this.#client().follow(JSON.stringify(step))) as Followed);
    if (followed.outcome !== "final") throw new NotProved("too few of the trusted validators signed this block");
    await this.#keep(followed.checkpoint);
    return followed.header;
  }

  /** The statement that a row was written: the row as it is shown, so that what is proved is what was read. */
  async rowWritten(height: number, row: TrailRow): Promise<Statement> {
    const answer = await this.options.rpc.call<{ proof: { encoded: string } }>("musubi_trailProof", row.subject, row.index);
    return { kind: "row-written", height, row, proof: answer.proof.encoded };
  }

  /** All rows of somebody's trail as of a height, as one statement. */
  async wholeTrail(subject: Id, height: number): Promise<Extract<Statement, { kind: "whole-trail" }>> {
    const rows: TrailRow[] = [];
    for (;;) {
      const page = await this.options.rpc.call<Placed[]>("musubi_trail", subject, rows.length, ROWS_MAX);
      const until = page.filter((placed) => placed.height <= height);
      rows.push(...until.map((placed) => placed.row));
      if (until.length < ROWS_MAX) return { kind: "whole-trail", height, subject, rows };
    }
  }

  /** The newest final block, as the node says. */
  async head(): Promise<{ hash: Id; height: number }> {
    const hash = await this.options.rpc.call<Id>("chain_getFinalizedHead");
    const header = await this.options.rpc.call<{ number: string }>("chain_getHeader", hash);
    return { hash, height: Number(header.number) };
  }

  /**
   * Proves statements as of the node's newest block.
   *
   * Rejects with {@link NotProved} if one of them is not so, {@link TooOld} if the block is too old to stand for now, and as the node's
   * answers do.
   */
  async prove(statements: Statement[], at?: { hash: Id; height: number }): Promise<Proof> {
    const head = at ?? (await this.head());
    const { steps, heights } = await this.#steps(head.height);
    const older = [...new Set(statements.map((statement) => statement.height))].filter((height) => !heights.has(height));
    const ancestors = await Promise.all(older.map((height) => this.#ancestor(height, head.hash)));
    const draft = { format: "musubi-bundle", version: 1, genesis: this.options.genesis.genesis, steps, ancestors, states: [] as unknown[], statements };
    draft.states = await this.#states(JSON.stringify(draft), head.height);
    const bundle = this.#try(() => this.wasm.bundleText(JSON.stringify(draft)));
    const report = this.#try(() => JSON.parse(this.#client().verify(bundle)) as Report);
    this.#stands(report.asOf);
    await this.#keep(report.checkpoint);
    return { report, bundle };
  }

  /** A consent, or `null` where the chain is proved to have none under that identifier. Rejects as {@link prove} does. */
  consent(consent: Id): Promise<Proved<ConsentFacts | null>> {
    return this.#read({ consent });
  }

  /** A record as the chain has it, or `null` where it is proved to have none. Rejects as {@link prove} does. */
  record(record: Id): Promise<Proved<RecordFacts | null>> {
    return this.#read({ record });
  }

  /** The value under any key of the state, as SCALE in hexadecimal, or `null` where there is proved to be none. Rejects as {@link prove} does. */
  value(key: string): Promise<Proved<string | null>> {
    return this.#read({ key });
  }

  /** The key of `item` of `pallet`, or of one entry of that map, where `entry` is its key in SCALE. */
  storageKey(pallet: string, item: string, entry?: Uint8Array): string {
    return this.wasm.storageKey(pallet, item, entry);
  }

  /** One value of the state after the node's newest block, read through a proof. */
  async #read<T>(question: Question): Promise<Proved<T>> {
    const head = await this.head();
    const { steps, before } = await this.#steps(head.height);
    const last = steps.at(-1);
    if (!last) throw new NotProved("the node's newest block is not above the one that this reader began from");
    const asked = JSON.stringify(question);
    const keys = this.#try(() => JSON.parse(this.wasm.keysToRead(asked)) as string[]);
    const { proof } = await this.options.rpc.call<{ proof: string[] }>("state_getReadProof", keys, head.hash);
    const state = JSON.stringify({ height: head.height, nodes: [...new Set(proof)].sort() });
    const client = new this.wasm.LightClient(JSON.stringify(before));
    const { checkpoint, ...proved } = this.#try(() => JSON.parse(client.read(JSON.stringify(last), state, asked)) as Proved<T> & { checkpoint: Checkpoint });
    this.#stands(proved.asOf);
    await this.#keep(checkpoint);
    return proved as unknown as Proved<T>;
  }

  /** Refuses a block that is too old to stand for now. */
  #stands(asOf: Moment): void {
    if ((this.options.now ?? Date.now)() - asOf > AGE_MAX) throw new TooOld(asOf);
  }

  /** The fewest steps found: straight ahead, or half the way where too few of the trusted validators are left; and what the last one is followed from. */
  async #steps(newest: number): Promise<{ steps: unknown[]; heights: Set<number>; before: Checkpoint }> {
    const steps: unknown[] = [];
    const heights = new Set<number>();
    let trusted = this.kept.from;
    let before = trusted;
    for (let target = newest; trusted.height < newest; ) {
      const hash = await this.options.rpc.call<Id>("chain_getBlockHash", target);
      const step = asStep(await this.options.rpc.call<Finality>("musubi_certificate", hash));
      const client = new this.wasm.LightClient(JSON.stringify(trusted));
      const followed = this.#try(() => JSON.parse(client.follow(JSON.stringify(step))) as Followed);
      if (followed.outcome === "final") {
        steps.push(step);
        heights.add(target);
        before = trusted;
        trusted = followed.checkpoint;
        target = newest;
      } else if (target - trusted.height > 1) target = Math.floor((trusted.height + target) / 2);
      else throw new NotProved("too few of the trusted validators signed the next block");
    }
    return { steps, heights, before };
  }

  async #ancestor(height: number, newest: Id): Promise<unknown> {
    const path = await this.options.rpc.call<Path>("musubi_historyProof", height, newest);
    return { header: path.header, proof: path.proof.encoded };
  }

  async #states(draft: string, newest: number): Promise<unknown[]> {
    const wanted = this.#try(() => JSON.parse(this.wasm.keysToProve(draft, newest)) as Record<string, string[]>);
    return Promise.all(
      Object.entries(wanted).map(async ([height, keys]) => {
        const hash = await this.options.rpc.call<Id>("chain_getBlockHash", Number(height));
        const answer = await this.options.rpc.call<{ proof: string[] }>("state_getReadProof", keys, hash);
        return { height: Number(height), nodes: [...new Set(answer.proof)].sort() };
      }),
    );
  }

  #client() {
    return new this.wasm.LightClient(JSON.stringify(this.kept.from));
  }

  /** Proofs lead upwards, so a session goes on from where it began; the next one begins from the newest but one, which is below every tip. */
  async #keep(newest: Checkpoint): Promise<void> {
    const before = this.kept.newest;
    if (newest.height <= before.height) return;
    this.kept = { from: this.kept.from, newest };
    await this.options.checkpoints.save(this.options.genesis.genesis, { from: before, newest });
  }

  #try<T>(check: () => T): T {
    try {
      return check();
    } catch (cause) {
      if (cause instanceof Refused || cause instanceof Unreachable) throw cause;
      throw new NotProved(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }
}

/** A step as bundles have it. Genesis names the first two sets itself. */
function asStep(finality: Finality): unknown {
  const path = finality.height > 2 ? finality.setCommittedBy : null;
  const namedBy = path && { header: path.header, proof: path.proof.encoded };
  return { header: finality.header, certificate: finality.certificate, validators: finality.validators, namedBy };
}
