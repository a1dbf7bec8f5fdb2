// The address says what is shown, so that every view can be bookmarked, shared and gone back to.

import { useEffect, useState } from "preact/hooks";

export interface Address { page: string; query: URLSearchParams }

const read = (): Address => ({ page: location.pathname.replace(/^\/explorer\/?/, "").replace(/\/$/, ""), query: new URLSearchParams(location.search) });

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
