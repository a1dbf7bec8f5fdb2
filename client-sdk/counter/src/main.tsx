// The counter and clinic console.

import { BASE, firstLanguage, followLinks, type Language, LanguageChoice, LanguageContext, Loaded, useAddress, useLoad } from "musubi-shared";
import knot from "musubi-shared/knot.svg";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Desk, DeskContext, openDesk, useDesk } from "./desk";
import { later } from "./later";
import "./look.css";
import { Keys } from "./pages/key";
import { Queue } from "./pages/queue";
import { Reader } from "./pages/reader";
import { SlipPage } from "./pages/slip";
import { Today } from "./pages/today";
import { flush } from "./queue";
import { useSpeech } from "./speech";
import { activeKey, type StaffKey } from "./staff-key";
import { tasksOf } from "./tasks";
import type { Key } from "./words";

type Page = () => preact.JSX.Element;
type Words = preact.ComponentChildren;
const Emergency = later(async () => (await import("./pages/emergency")).Emergency);
const Staff = later(async () => (await import("./pages/staff")).Staff);
const Card = later(async () => (await import("./pages/card")).Card);
const Check = later(async () => (await import("./pages/check")).Check);
const CheckIn = later(async () => (await import("./pages/check-in")).CheckIn);
const Checkup = later(async () => (await import("./pages/measure")).Checkup);
const Consent = later(async () => (await import("./pages/consent")).Consent);
const Withdraw = later(async () => (await import("./pages/withdraw")).Withdraw);
const EnrolAdult = later(async () => (await import("./pages/enrol")).EnrolAdult);
const EnrolChild = later(async () => (await import("./pages/enrol")).EnrolChild);
const Phone = later(async () => (await import("./pages/hand-over")).Phone);
const CheckupForm = later(async () => (await import("./pages/form")).CheckupForm);
const Figures = later(async () => (await import("./pages/figures")).Figures);
const PAGES: [path: string, title: Key, page: Page][] = [
  ["", "nav.today", Today], ["check-in", "nav.checkIn", CheckIn], ["check", "nav.check", Check], ["measure", "nav.measure", Checkup], ["form", "nav.form", CheckupForm], ["figures", "nav.figures", Figures], ["enrol", "nav.enrol", EnrolAdult], ["child", "nav.child", EnrolChild],
  ["consent", "nav.consent", Consent], ["withdraw", "nav.withdraw", Withdraw], ["emergency", "nav.emergency", Emergency], ["staff", "nav.staff", Staff], ["queue", "nav.queue", Queue], ["reader", "nav.reader", Reader], ["slip", "nav.slip", SlipPage], ["phone", "nav.phone", Phone], ["card", "nav.card", Card],
];
const ALWAYS: [path: string, title: Key][] = [["queue", "nav.queue"], ["reader", "nav.reader"], ["key", "nav.key"]];
/** Between two attempts to send what waits. */
const PAUSE = 5_000;

function Face() {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => { document.documentElement.lang = language; }, [language]);
  return <LanguageContext.Provider value={language}><Shell onLanguage={setLanguage} /></LanguageContext.Provider>;
}

function Shell({ onLanguage }: { onLanguage: (language: Language) => void }) {
  const { say, text } = useSpeech();
  const { page } = useAddress();
  const [key, setKey] = useState<StaffKey | null>();
  const load = () => void activeKey().then((found) => setKey(found ?? null), () => setKey(null));
  useEffect(load, []);
  const isKeyPage = page === "key" || key === null;
  const found = PAGES.find(([path]) => path === page) ?? PAGES[0]!;
  const named = isKeyPage ? "nav.key" : found[1];
  const title = text(named);
  useEffect(() => { document.title = `${title} — Musubi ${text("title")}`; }, [title]);
  return (
    <>
      <header class="head">
        <a class="skip" href="#main">{say("skip")}</a>
        <a class="brand" href={BASE}><img src={knot} alt="" />Musubi {text("title")}</a>
        <LanguageChoice onLanguage={onLanguage} />
      </header>
      {key === undefined ? <main class="main" id="main"><p class="soft" role="status">{say("loading")}</p></main>
        : isKeyPage ? <Bare title={say(named)} hasKey={key !== null}><Keys active={key ?? undefined} onChange={load} /></Bare>
        : <AtDesk key={key!.account} staff={key!} title={say(named)} page={found[2]} at={page} />}
    </>
  );
}

function Bare({ title, hasKey, children }: { title: Words; hasKey: boolean; children: preact.ComponentChildren }) {
  const { say } = useSpeech();
  return <main class="main" id="main" tabIndex={-1}><div class="stack"><h1>{title}</h1>{children}{hasKey && <a class="do" href={BASE}>{say("nav.today")}</a>}</div></main>;
}

function AtDesk({ staff, title, page, at }: { staff: StaffKey; title: Words; page: Page; at: string }) {
  const [state, again] = useLoad(staff.account, () => openDesk(staff));
  if (state.kind !== "ready") return <main class="main" id="main" tabIndex={-1}><div class="stack"><h1>{title}</h1><Loaded state={state} again={again}>{() => null}</Loaded><NoDesk /></div></main>;
  return <DeskContext.Provider value={state.value}><Open title={title} page={page} at={at} again={again} /></DeskContext.Provider>;
}

/** Where the desk does not open, the keys can still be changed. */
function NoDesk() {
  const { say } = useSpeech();
  return <p><a class="do" href={`${BASE}key`}>{say("nav.key")}</a></p>;
}

function Open({ title, page: Page, at, again }: { title: Words; page: Page; at: string; again: () => void }) {
  const { say, text } = useSpeech();
  const desk: Desk = useDesk();
  const { search } = location;
  const [menu, setMenu] = useState(false);
  useEffect(() => setMenu(false), [at]);
  useEffect(() => {
    const tick = () => {
      void flush(desk).catch(() => undefined);
      if (desk.isCached) again();
    };
    tick();
    const timer = setInterval(tick, PAUSE);
    return () => clearInterval(timer);
  }, [desk]);
  const tasks = tasksOf(desk.here.you);
  const links = [["", "nav.today"] as [string, Key], ...tasks.map((task) => [task.path, task.title] as [string, Key]), ...ALWAYS];
  return (
    <div class="shell">
      <div class="who"><span>{desk.title(desk.member)}</span><strong>{say(`rolename.${desk.here.you.role}`)}</strong><a href={`${BASE}key`}>{desk.key.label}</a><button type="button" class="menu" aria-expanded={menu} aria-controls="nav" onClick={() => setMenu(!menu)}>{say("menu")}</button></div>
      <nav class={`nav ${menu ? "open" : ""}`} id="nav" aria-label={text("menu")}><ul>{links.map(([path, name]) => <li><a href={BASE + path} aria-current={at === path ? "page" : undefined}>{say(name)}</a></li>)}</ul></nav>
      <main class="main" id="main" tabIndex={-1}>
        <div class="stack">
          <h1>{title}</h1>
          {desk.isCached && <p class="banner warn" role="status">{say("key.cached")}</p>}
          {tasks.length === 0 && at === "" && <p class="card">{say("role.none")}</p>}
          <Page key={at + search} />
        </div>
      </main>
    </div>
  );
}

followLinks();
if ("serviceWorker" in navigator && import.meta.env.PROD) void navigator.serviceWorker.register(`${BASE}sw.js`, { scope: BASE }).catch(() => undefined);
render(<Face />, document.getElementById("face")!);
