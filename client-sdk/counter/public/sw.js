// Keeps the console's own files, so that it opens without the network. It never touches the gateway's calls or the card agent.

const KEPT = "musubi-counter-shell";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith("/counter/")) return;
  event.respondWith(answer(request, url));
});

/** Files with a hash in their name never change; everything else is asked for first, and as it was last where nobody answers. */
async function answer(request, url) {
  const cache = await caches.open(KEPT);
  const key = url.pathname.includes(".") ? request : new Request("/counter/");
  if (url.pathname.startsWith("/counter/assets/")) {
    const known = await cache.match(key);
    if (known) return known;
  }
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(key, fresh.clone());
    return fresh;
  } catch (error) {
    const known = await cache.match(key);
    if (known) return known;
    throw error;
  }
}
