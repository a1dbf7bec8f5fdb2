// The audit explorer.

import { firstLanguage, followLinks, type Language, LanguageChoice, LanguageContext, useAddress, useLoad } from "musubi-shared";
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Chain, get } from "./api";
import { HereContext, openClient, pin, pinned } from "./chain";
import knot from "musubi-shared/knot.svg";
import "./look.css";
import { Events } from "./pages/events";
import { BreakGlasses, Consents, Erasures, Votes } from "./pages/lists";
import { Node } from "./pages/node";
import { Overview } from "./pages/overview";
import { Search, SearchBox } from "./pages/search";
import { Trail } from "./pages/trail";
import { Loaded } from "./parts";
import { useSpeech } from "./speech";
import type { Key } from "./words";

const PAGES: [path: string, title: Key, page: () => preact.JSX.Element][] = [
  ["", "nav.overview", Overview], ["events", "nav.events", Events], ["break-glass", "nav.breakGlass", BreakGlasses], ["consents", "nav.consents", Consents],
  ["erasures", "nav.erasures", Erasures], ["votes", "nav.votes", Votes], ["node", "nav.node", Node], ["trail", "nav.trail", Trail], ["search", "search", Search],
];

/** On a phone the menu is one line that scrolls: where the reader stands is seen in it. */
const intoSight = (link: HTMLAnchorElement | null): void => link?.scrollIntoView({ block: "nearest", inline: "center" });

function Face() {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => { document.documentElement.lang = language; }, [language]);
  return <LanguageContext.Provider value={language}><Shell onLanguage={setLanguage} /></LanguageContext.Provider>;
}

function Shell({ onLanguage }: { onLanguage: (language: Language) => void }) {
  const { say, text } = useSpeech();
  const { page } = useAddress();
  const found = PAGES.find(([path]) => path === page) ?? PAGES[0]!;
  const title = text(found[1]);
  useEffect(() => { document.title = `${title} — Musubi ${text("title")}`; }, [title]);
  return (
    <div class="shell">
      <header class="head">
        <a class="skip" href="#main">{say("skip")}</a>
        <a class="brand" href="/explorer/"><img src={knot} alt="" />Musubi {text("title")}</a>
        <SearchBox />
        <LanguageChoice onLanguage={onLanguage} />
      </header>
      <nav class="nav" aria-label={text("menu")}>
        <ul>{PAGES.filter(([path]) => path !== "search").map(([path, name]) => <li><a ref={found[0] === path ? intoSight : undefined} href={`/explorer/${path}`} aria-current={found[0] === path ? "page" : undefined}>{say(name)}</a></li>)}</ul>
      </nav>
      <main class="main" id="main" tabIndex={-1}><AtChain title={found[1]} page={found[2]} /></main>
    </div>
  );
}

function AtChain({ title, page: Page }: { title: Key; page: () => preact.JSX.Element }) {
  const { say } = useSpeech();
  const [state, again] = useLoad("chain", () => get<Chain>("/chain"));
  return <div class="stack"><h1>{say(title)}</h1><Loaded state={state} again={again}>{(chain) => <WithClient chain={chain} page={Page} />}</Loaded></div>;
}

function WithClient({ chain: told, page: Page }: { chain: Chain; page: () => preact.JSX.Element }) {
  const { say } = useSpeech();
  const [turn, setTurn] = useState(0);
  const here = useMemo(() => {
    const genesis = pinned(told);
    if (!genesis) return null;
    const chain = { ...told, genesis };
    return { chain, client: openClient(chain) };
  }, [told, turn]);
  if (!here) {
    const stay = () => { pin(told); setTurn(turn + 1); };
    return <div class="banner bad stack" role="alert" data-state="other-chain"><p>{say("otherChain")}</p><p class="id">{told.genesis.genesis}</p><div><button onClick={stay}>{say("otherChain.stay")}</button></div></div>;
  }
  return <HereContext.Provider value={here}><Page /></HereContext.Provider>;
}

followLinks();
render(<Face />, document.getElementById("face")!);
