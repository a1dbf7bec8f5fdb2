// The service worker of a face: its files are kept when it is installed and served from there; what is asked of the node goes to the node.
// Calls and answers are never kept here: what a face needs offline it keeps itself, encrypted.

const { build, files } = "FACTS";
const scope = new URL("./", self.location.href).pathname;
const name = `${scope}${build}`;
const known = new Set(files.map((file) => scope + file));

self.addEventListener("install", (event) => {
  const fetched = caches.open(name).then((cache) => cache.addAll(files.map((file) => new Request(scope + file, { cache: "no-cache" }))));
  event.waitUntil(fetched.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => Promise.all(names.filter((other) => other.startsWith(scope) && other !== name).map((other) => caches.delete(other))));
  event.waitUntil(old.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin || !pathname.startsWith(scope)) return;
  const isPage = event.request.mode === "navigate";
  if (!isPage && !known.has(pathname)) return;
  // A page is the newest one where there is a network, since the names of its parts are in it.
  const kept = () => caches.open(name).then((cache) => cache.match(isPage ? scope : pathname, { ignoreVary: true }));
  if (isPage) event.respondWith(fetch(event.request).catch(async () => (await kept()) ?? Response.error()));
  else event.respondWith(kept().then((response) => response ?? fetch(event.request)));
});
