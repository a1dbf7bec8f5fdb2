// The first page: is everything as it should be?

import { ago, dateTime, useLoad } from "musubi-shared";
import { Refused } from "musubi-sdk";
import { useEffect, useState } from "preact/hooks";
import { type Block, type Figures, get, type Progress, rebuild, type Chain } from "../api";
import { useHere, useLive } from "../chain";
import { Id, Loaded } from "../parts";
import { useSpeech } from "../speech";

/** A chain that stands has a block every five seconds at least. */
const BEHIND = 20_000;

export function Overview() {
  const [figures, again] = useLoad("figures", () => get<Figures>("/figures"));
  const [blocks, blocksAgain] = useLoad("blocks", () => get<Block[]>("/blocks"));
  return (
    <div class="stack">
      <Loaded state={figures} again={again}>{(value) => <><Numbers figures={value} /><div class="twin"><Loaded state={blocks} again={blocksAgain}>{(first) => <LiveBlocks first={first} />}</Loaded><div class="stack"><Chart figures={value} /><Health /></div></div></>}</Loaded>
    </div>
  );
}

function Numbers({ figures }: { figures: Figures }) {
  const { say } = useSpeech();
  const without = figures.withoutGrant;
  return (
    <ul class="figures">
      <li class={`card lead-figure ${without === 0 ? "plain" : "bad"}`}><a href="/explorer/events?withoutGrant=true">{say("figure.withoutGrant")}</a><strong data-figure="without-grant">{say("figure.cases", { count: without })}</strong><span class="soft">{say("figure.withoutGrant.of", { permitted: figures.permitted })}</span><span class="badge plain" data-source="index"><span aria-hidden="true">–</span>{say("figure.byIndex")}</span><a class="soft" href="/explorer/trail">{say("figure.prove")}</a></li>
      <li class="card"><a href="/explorer/events?kind=access-denied">{say("figure.denied")}</a><strong>{say("figure.cases", { count: figures.denied })}</strong></li>
      <li class="card"><a href="/explorer/break-glass">{say("figure.review")}</a><strong>{say("figure.cases", { count: figures.toReview })}</strong></li>
      <li class="card"><a href="/explorer/consents">{say("figure.consents")}</a><strong>{say("figure.cases", { count: figures.consentsInForce })}</strong></li>
      <li class="card"><a href="/explorer/erasures">{say("figure.erasures")}</a><strong>{say("figure.cases", { count: figures.erasures })}</strong></li>
    </ul>
  );
}

function LiveBlocks({ first }: { first: Block[] }) {
  const { say, language } = useSpeech();
  const blocks = useLive(first);
  return (
    <section class="card stack" aria-labelledby="live">
      <h2 id="live">{say("live")}</h2>
      {blocks.length === 0 && <p class="soft">{say("live.waiting")}</p>}
      <ol class="list" aria-live="off">
        {blocks.map((block) => (
          <li key={block.height} class="fresh" data-block={block.height}>
            <div class="row"><a href={`/explorer/events?firstHeight=${block.height}&lastHeight=${block.height}`}><strong>{say("block", { height: block.height })}</strong></a>
              <span class={`badge ${block.checked ? "good" : "plain"}`}>{block.checked && <span aria-hidden="true">✓</span>}{say(block.checked ? "live.checked" : "live.finalised")}</span></div>
            <div class="row soft"><span>{dateTime(language, block.time)}</span><span>{say("signers", { signers: block.signers })}</span>{block.round > 0 && <span>{say("round", { round: block.round + 1 })}</span>}<span>{say("eventCount", { count: block.events })}</span></div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Chart({ figures }: { figures: Figures }) {
  const { say, text, language } = useSpeech();
  const { days } = figures;
  if (days.length === 0) return null;
  const most = Math.max(1, ...days.map((day) => Math.max(day.permitted, day.denied)));
  const step = 320 / Math.max(days.length, 7);
  const bar = Math.min(28, step / 2.6);
  const date = (day: number) => new Intl.DateTimeFormat(language === "en" ? "en-GB" : "ja-JP", { month: "numeric", day: "numeric", timeZone: "Asia/Tokyo" }).format(day);
  return (
    <section class="card" aria-labelledby="chart">
      <h2 id="chart">{say("chart.title")}</h2>
      <p class="row soft"><span>■ {say("permitted")}</span><span>▨ {say("denied")}</span></p>
      <svg class="chart" viewBox="0 0 330 130" role="img" aria-label={text("chart.title")}>
        <defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="d" width="3" height="5" /></pattern></defs>
        {days.map((day, at) => {
          const x = at * step + 6;
          const tall = (count: number) => (count / most) * 90;
          return <g><rect class="p" x={x} y={105 - tall(day.permitted)} width={bar} height={tall(day.permitted)} /><rect fill="url(#hatch)" x={x + bar + 1} y={105 - tall(day.denied)} width={bar} height={tall(day.denied)} />
            <text x={x} y={100 - tall(day.permitted)}>{day.permitted}</text><text x={x + bar + 1} y={100 - tall(day.denied)}>{day.denied}</text><text x={x} y="122">{date(day.day)}</text></g>;
        })}
        <line x1="0" x2="330" y1="105" y2="105" />
      </svg>
      <details><summary>{say("chart.table")}</summary><div class="scroll"><table><thead><tr><th scope="col">{say("day")}</th><th scope="col">{say("permitted")}</th><th scope="col">{say("denied")}</th></tr></thead>
        <tbody>{days.map((day) => <tr><th scope="row">{date(day.day)}</th><td>{day.permitted}</td><td>{day.denied}</td></tr>)}</tbody></table></div></details>
    </section>
  );
}

function Health() {
  const { say, text, language } = useSpeech();
  const { chain } = useHere();
  const [progress, setProgress] = useState<Progress>(chain.index);
  const [newest, setNewest] = useState<Block>();
  const [failed, setFailed] = useState<"rebuild.refused" | "rebuild.away">();
  const begin = async () => {
    setFailed(undefined);
    try { await rebuild(); setProgress({ ...progress, rebuilding: true }); } catch (error) { setFailed(error instanceof Refused ? "rebuild.refused" : "rebuild.away"); }
  };
  useEffect(() => {
    const look = () => void Promise.all([get<Chain>("/chain"), get<Block[]>("/blocks")]).then(([{ index }, blocks]) => { setProgress(index); setNewest(blocks[0]); }, () => undefined);
    look();
    const timer = setInterval(look, 5_000);
    return () => clearInterval(timer);
  }, []);
  const behind = newest && Date.now() - newest.time > BEHIND;
  return (
    <section class="card stack" aria-labelledby="health">
      <h2 id="health">{say("health")}</h2>
      {behind && <p class="banner warn" role="status">{say("live.behind", { ago: ago(language, newest.time, Date.now()) })}</p>}
      <p role="status">{progress.rebuilding ? say("health.rebuilding", { height: progress.height, tip: progress.tip }) : say("health.index", { first: progress.first, height: progress.height })}</p>
      {progress.rebuilding && <progress max={progress.tip} value={Math.max(0, progress.height)} aria-label={text("rebuild")} />}
      <p class="soft">{chain.chain}　<Id id={chain.genesis.genesis} to="/explorer/" /></p>
      {failed && <p class="banner bad" role="alert">{say(failed)}</p>}
      <div class="row"><button disabled={progress.rebuilding} onClick={() => void begin()}>{say("rebuild")}</button><a href="/explorer/node">{say("nav.node")}</a></div>
    </section>
  );
}
