// Everything that is not in the bar; the lost phone; and this device.

import { BASE, minute } from "musubi-shared";
import { useState } from "preact/hooks";
import { pairingCode } from "../device";
import { useHere, useMember } from "../here";
import { Icon } from "../icons";
import { useSpeech } from "../speech";
import { forgetAll } from "../store";
import { Steps } from "./shown";

const WAYS = ["looked", "notices", "forms", "family", "export", "lost", "device"] as const;

export function Menu() {
  const { say } = useSpeech();
  return <div class="stack"><h1>{say("menu")}</h1><ul class="choices">{WAYS.map((way) => <li><a class="choice-link" href={`${BASE}${way}`}><Icon name={way} /><strong>{say(`nav.${way}`)}</strong></a></li>)}</ul></div>;
}

export function Lost() {
  const { say } = useSpeech();
  const { about } = useHere();
  const member = useMember();
  return (
    <div class="stack narrow-page">
      <h1>{say("nav.lost")}</h1>
      <p class="lead">{say("lost.lead")}</p>
      <Steps>{[say("lost.step1", { home: member(about.home) }), say("lost.step2"), say("lost.step3"), say("lost.step4")]}</Steps>
      <p class="banner plain">{say("lost.card")}</p>
      <h2>{say("lost.why")}</h2>
      <p>{say("lost.why1")}</p>
      <p>{say("lost.why2")}</p>
    </div>
  );
}

export function ThisDevice() {
  const { say, language } = useSpeech();
  const { device, about } = useHere();
  const [asking, setAsking] = useState(false);
  const forget = async () => { await forgetAll(); location.assign(BASE); };
  return (
    <div class="stack narrow-page">
      <h1>{say("nav.device")}</h1>
      <p>{say("device.lead")}</p>
      <dl class="card facts"><dt>{say("device.made")}</dt><dd>{minute(language, device.keys.made)}</dd><dt>{say("device.account")}</dt><dd class="id">{device.account}</dd><dt>{say("device.sealing")}</dt><dd class="id">{device.sealing}</dd><dt>{say("device.chain")}</dt><dd>{about.chain}<br /><span class="id">{about.genesis.genesis}</span></dd></dl>
      <details><summary>{say("pair.text")}</summary><p class="id">{pairingCode(device)}</p></details>
      <section class="card stack" aria-labelledby="forget"><h2 id="forget">{say("device.forget")}</h2><p>{say("device.forgetMore")}</p>
        {!asking ? <div><button class="stop" onClick={() => setAsking(true)}>{say("device.forget")}</button></div> : <div class="row"><button class="stop" onClick={() => void forget()}>{say("device.forgetYes")}</button><button onClick={() => setAsking(false)}>{say("withdraw.no")}</button></div>}
      </section>
    </div>
  );
}
