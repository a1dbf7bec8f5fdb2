// The node that this page came from, and the chain's own settings: the first as it says of itself, the second proved on this device.

import { ago, fromHex, useLoad } from "musubi-shared";
import type { LightClient } from "musubi-sdk";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { useHere } from "../chain";
import { type Gauges, gauges } from "../metrics";
import { Loaded } from "../parts";
import { useSpeech } from "../speech";

const PAUSE = 5_000;
const GIB = 2 ** 30;
/** Below this much, an operator must act. */
const DISK_MIN = 5 * GIB;
/** Older than this, the chain stands still or this node is behind, in seconds. */
const LAG_MAX = 20;

export function Node() {
  return <div class="stack"><Health /><Settings /></div>;
}

function Health() {
  const { say } = useSpeech();
  const [state, again] = useLoad("metrics", gauges);
  useEffect(() => {
    const timer = setInterval(again, PAUSE);
    return () => clearInterval(timer);
  }, []);
  return (
    <section class="card stack" aria-labelledby="self"><h2 id="self">{say("node.self")}</h2><p class="soft">{say("node.selfMore")}</p>
      {state.kind === "loading" ? <p class="soft" role="status">{say("loading")}</p> : <Loaded state={state} again={again}>{(value) => <Values gauges={value} />}</Loaded>}
    </section>
  );
}

function Values({ gauges: { version, values } }: { gauges: Gauges }) {
  const { say, language } = useSpeech();
  const of = (name: string) => values.get(name) ?? 0;
  const gib = (bytes: number) => `${(bytes / GIB).toFixed(bytes < GIB ? 2 : 1)} GiB`;
  const lag = of("head_age_seconds"), disk = of("disk_free_bytes"), damaged = of("vault_damaged_records");
  const lines: [Parameters<typeof say>[0], ComponentChildren, boolean][] = [
    ["node.height", of("height"), false],
    ["node.lag", ago(language, 0, lag * 1_000), lag > LAG_MAX],
    ["node.peers", `${of("peers")} / ${of("consensus_peers")}`, of("peers") === 0],
    ["node.consensus", say("node.consensusAt", { height: of("consensus_height"), round: of("consensus_round") + 1 }), of("consensus_safety_failure") > 0],
    ["node.pool", of("pool_transactions"), false],
    ["node.disk", gib(disk), disk < DISK_MIN],
    ["node.memory", gib(of("process_resident_bytes")), false],
    ["node.vault", gib(of("vault_kept_bytes")), false],
    ["node.damaged", damaged, damaged > 0],
    ["node.equivocations", of("consensus_equivocations_total") || of("consensus_equivocations"), false],
    ["node.version", <span lang="en">{version || "–"}</span>, false],
  ];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-labelledby="self"><table data-node={version}><tbody>
      {lines.map(([name, value, isBad]) => <tr><th scope="row">{say(name)}</th><td>{value}{isBad && <> <span class="badge warn"><span aria-hidden="true">!</span>{say("node.look")}</span></>}</td></tr>)}
    </tbody></table></div>
  );
}

/** The chain's parameters, in the order in which the state keeps them; milliseconds each, which are shown as seconds. */
const PARAMETERS = ["block-time", "propose-timeout", "vote-timeout", "timeout-delta", "idle-beat", "ticket-life"] as const;

const numbers = (value: string | null): number[] => {
  const bytes = fromHex((value ?? "0x").slice(2));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 2 }, (_, at) => view.getUint32(at * 4, true));
};

interface Read { parameters: number[]; active: number; next: { spec: number; at: number } | null; height: number }

/** Each value by a read proof under a block whose certificate was checked here. */
async function settings(client: LightClient): Promise<Read> {
  const read = async (item: string) => client.value(client.storageKey("Consortium", item));
  const parameters = await read("ChainParameters"), active = await read("ActiveSpec"), next = await read("NextSpec");
  const [spec, at] = numbers(next.value);
  return { parameters: numbers(parameters.value), active: numbers(active.value)[0] ?? 1, next: spec === undefined || at === undefined ? null : { spec, at }, height: parameters.height };
}

function Settings() {
  const { say, text } = useSpeech();
  const { client } = useHere();
  const [state, again] = useLoad("settings", async () => settings(await client));
  return (
    <section class="card stack" aria-labelledby="settings"><h2 id="settings">{say("settings")}</h2>
      <Loaded state={state} again={again}>{({ parameters, active, next, height }) => (
        <>
          <p class="row"><span class="badge good" data-proof="good"><span aria-hidden="true">✓</span>{say("proof.good")}</span> <span class="soft">{say("settings.asOf", { height })}</span></p>
          <div class="scroll" tabIndex={0} role="region" aria-label={text("settings")}><table data-settings={height}><tbody>
            {PARAMETERS.map((name, at) => <tr><th scope="row">{say(`parameter.${name}`)}</th><td class="whole">{say("seconds", { count: (parameters[at] ?? 0) / 1_000 })}</td></tr>)}
            <tr><th scope="row">{say("settings.spec")}</th><td>{active}</td></tr>
            <tr><th scope="row">{say("settings.next")}</th><td>{next ? say("settings.nextAt", { spec: next.spec, height: next.at }) : say("settings.nextNone")}</td></tr>
          </tbody></table></div>
        </>
      )}</Loaded>
    </section>
  );
}
