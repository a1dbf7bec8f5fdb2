// Pages, fetched when they are first opened, so that a machine is ready sooner in the morning. The service worker keeps them all.

import { useEffect, useState } from "preact/hooks";
import { useSpeech } from "./speech";

type Page = () => preact.JSX.Element;

export const later = (load: () => Promise<Page>): Page =>
  function Later() {
    const { say } = useSpeech();
    const [page, setPage] = useState<{ is: Page }>();
    useEffect(() => { void load().then((is) => setPage({ is })); }, []);
    return page ? <page.is /> : <p class="soft" role="status">{say("loading")}</p>;
  };
