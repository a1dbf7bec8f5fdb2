// The address says what is shown, so that every view can be bookmarked, shared and gone back to.

import { useEffect, useState } from "preact/hooks";

export interface Address { page: string; query: URLSearchParams }

/** Where the face is served, such as `/app/`: the one that vite builds it for. */
export const BASE: string = import.meta.env.BASE_URL;

const read = (): Address => ({ page: location.pathname.slice(BASE.length).replace(/\/$/, ""), query: new URLSearchParams(location.search) });

export function go(to: string): void {
  history.pushState(null, "", to);
  dispatchEvent(new PopStateEvent("popstate"));
}

export function useAddress(): Address {
  const [address, setAddress] = useState(read);
  useEffect(() => {
    const moved = () => setAddress(read());
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);
  return address;
}

/** Follows links within the face without loading it anew, and takes the reader to what changed. */
export function followLinks(): void {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey) && event.button === 0;
    if (!link || !plain || link.origin !== location.origin || !link.pathname.startsWith(BASE) || link.hash || link.download) return;
    event.preventDefault();
    go(link.pathname + link.search);
    scrollTo(0, 0);
    const main = document.getElementById("main");
    main?.scrollTo(0, 0);
    main?.focus();
  });
}
