// The guardian app: the first screens, the family, and the frame around every screen.

import { minute, firstLanguage, followLinks, type Language, LanguageChoice, LanguageContext, Loaded, Machine, useAddress } from "musubi-shared";
import { NotProved, Refused } from "musubi-sdk";
import { Gateway } from "musubi-shared/gateway";
import knot from "musubi-shared/knot.svg";
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type About, aboutChain, type Family, type Relative } from "./chain";
import { type Device, deviceOf } from "./device";
import { HereContext, useHere, useKnown } from "./here";
import { Icon } from "./icons";
import "./look.css";
import { Consents } from "./screens/consents";
import { Export } from "./screens/export";
import { FamilyRights } from "./screens/family";
import { Forms, FormScreen } from "./screens/forms";
import { Growth } from "./screens/growth";
import { Looked } from "./screens/looked";
import { Lost, Menu, ThisDevice } from "./screens/menu";
import { NewConsent } from "./screens/new-consent";
import { Notices } from "./screens/notices";
import { Pairing, Welcome } from "./screens/onboarding";
import { Today } from "./screens/today";
import { Vaccines } from "./screens/vaccines";
import { useSpeech } from "./speech";
import { useSending } from "./sending";
import { keep, kept, readKeys } from "./store";

const BAR = [["", "today"], ["vaccines", "vaccines"], ["growth", "growth"], ["consents", "consents"], ["menu", "menu"]] as const;
const ICONS = { "": "home", vaccines: "vaccine", growth: "growth", consents: "consent", menu: "menu" } as const;
const SCREENS: Record<string, () => preact.JSX.Element> = {
  "": Today, vaccines: Vaccines, growth: Growth, consents: Consents, "consents/new": NewConsent, looked: Looked, notices: Notices, forms: Forms,
  family: FamilyRights, export: Export, lost: Lost, device: ThisDevice, menu: Menu,
};

function Face() {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => { document.documentElement.lang = language; }, [language]);
  return <LanguageContext.Provider value={language}><Door onLanguage={setLanguage} /></LanguageContext.Provider>;
}

/** Without keys there is nothing to show yet. */
function Door({ onLanguage }: { onLanguage: (language: Language) => void }) {
  const { say } = useSpeech();
  const [device, setDevice] = useState<Device | null>();
  useEffect(() => { void readKeys().then(async (keys) => setDevice(keys ? await deviceOf(keys) : null), () => setDevice(null)); }, []);
  if (device === undefined) return <Frame onLanguage={onLanguage}><p class="soft" role="status">{say("loading")}</p></Frame>;
  if (device === null) return <Frame onLanguage={onLanguage}><Welcome onDevice={setDevice} /></Frame>;
  return <AtChain device={device} onLanguage={onLanguage} />;
}

function AtChain({ device, onLanguage }: { device: Device; onLanguage: (language: Language) => void }) {
  const { say } = useSpeech();
  const [about, again] = useKnown(device, "about", () => aboutChain(device));
  if (about.kind === "failed" && about.error instanceof NotProved) return <Frame onLanguage={onLanguage}><div class="banner bad" role="alert"><p>{say("otherChain")}</p><Machine>{about.error.message}</Machine></div></Frame>;
  if (about.kind !== "ready") return <Frame onLanguage={onLanguage}><Loaded state={about} again={again}>{() => null}</Loaded></Frame>;
  return <WithFamily device={device} about={about.value.value} onLanguage={onLanguage} />;
}

/** How often the app asks whom its owner speaks for, in milliseconds: a guardian without a child waits at the counter. */
const [CHILD_PAUSE, FAMILY_PAUSE] = [5_000, 20_000];

function WithFamily({ device, about, onLanguage }: { device: Device; about: About; onLanguage: (language: Language) => void }) {
  const { say, language } = useSpeech();
  const gateway = useMemo(() => new Gateway(about.genesis.genesis, device.signer), [about, device]);
  const [family, again] = useKnown(device, "family", () => gateway.get<Family>("/v1/family"));
  useSending(device.keys, gateway);
  const [chosen, setChosen] = useState<string>();
  useEffect(() => { void kept<string>(device.keys, "chosen").then((found) => setChosen((now) => now ?? found), () => undefined); }, []);
  const alone = family.kind === "ready" && family.value.value.people.length === 1;
  // A child is entered some minutes after the guardian, and its brother some minutes later.
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === "visible") again(); }, alone ? CHILD_PAUSE : FAMILY_PAUSE);
    return () => clearInterval(timer);
  }, [alone]);
  const here = useMemo(() => {
    if (family.kind !== "ready") return null;
    const { value, fresh } = family.value;
    // The youngest first, whom most is asked about; the owner of the phone last.
    const own = (one: Relative) => Number(one.subject === value.person);
    const people = [...value.people].sort((a, b) => own(a) - own(b) || b.born.localeCompare(a.born));
    const child = people.find((one) => one.subject === chosen) ?? people[0]!;
    // Kept first: whoever closes the app at once finds the same child again.
    const choose = (subject: string) => void keep(device.keys, "chosen", subject).catch(() => undefined).then(() => setChosen(subject));
    return { device, about, family: { ...value, people }, child, choose, offline: !fresh };
  }, [family, chosen, about]);
  if (family.kind === "failed" && family.error instanceof Refused && [401, 403].includes(family.error.code)) return <Frame onLanguage={onLanguage}><Pairing device={device} about={about} onKnown={again} /></Frame>;
  if (!here || family.kind !== "ready") return <Frame onLanguage={onLanguage}><Loaded state={family} again={again}>{() => null}</Loaded></Frame>;
  return (
    <HereContext.Provider value={here}>
      <Frame onLanguage={onLanguage} inside>
        {here.offline && <p class="banner warn" role="status" data-state="offline">{say("offlineNow", { time: minute(language, family.value.at) })}</p>}
        <Screen />
      </Frame>
    </HereContext.Provider>
  );
}

function Screen() {
  const { page } = useAddress();
  const { child } = useHere();
  const form = /^forms\/([\w-]+)$/.exec(page)?.[1];
  if (form) return <FormScreen id={form} />;
  const Found = SCREENS[page] ?? Today;
  return <Found key={child.subject} />;
}

/** Head, main and bar. */
function Frame({ onLanguage, inside, children }: { onLanguage: (language: Language) => void; inside?: boolean; children: preact.ComponentChildren }) {
  const { say, text } = useSpeech();
  const { page } = useAddress();
  const top = page.split("/")[0] ?? "";
  const title = text(top in SCREENS || top === "forms" ? (`nav.${top || "today"}` as "nav.today") : "title");
  useEffect(() => { document.title = inside ? `${title} — Musubi` : `Musubi ${text("title")}`; }, [title, inside]);
  const current = BAR.some(([path]) => path === top) ? top : "menu";
  return (
    <div class={inside ? "shell" : "shell plain-shell"}>
      <header class="head">
        <a class="skip" href="#main">{say("skip")}</a>
        <a class="brand" href="/app/"><img src={knot} alt="" /><span>Musubi</span></a>
        {inside && <ChildChoice />}
        <LanguageChoice onLanguage={onLanguage} />
      </header>
      {inside && <nav class="bar" aria-label={text("menu")}><ul>{BAR.map(([path, name]) => <li><a href={`/app/${path}`} aria-current={current === path ? "page" : undefined}><Icon name={ICONS[path]} />{say(`nav.${name}`)}</a></li>)}</ul></nav>}
      <main class="main" id="main" tabIndex={0}>{children}</main>
    </div>
  );
}

function ChildChoice() {
  const { text } = useSpeech();
  const { family, child, choose } = useHere();
  return (
    <select class="child" aria-label={text("child")} data-shown={child.subject} value={child.subject} onChange={(event) => choose(event.currentTarget.value)}>
      {family.people.map((one) => <option value={one.subject}>{one.subject === family.person ? text("child.me", { name: one.name }) : one.name}</option>)}
    </select>
  );
}

followLinks();
if ("serviceWorker" in navigator && import.meta.env.PROD) void navigator.serviceWorker.register("/app/sw.js", { scope: "/app/" }).catch(() => undefined);
render(<Face />, document.getElementById("face")!);
