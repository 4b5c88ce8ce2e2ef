// Answers for the pages of the counter while there is no line: with the page for a provisional note that was kept before.
"use strict";
var KEPT = "tierread-line";

self.addEventListener("install", function () {
  self.skipWaiting();
});

self.addEventListener("activate", function (event) {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", function (event) {
  var request = event.request;
  var address = new URL(request.url);
  var isPage = request.mode === "navigate" && /^[/]t([/]|$)/.test(address.pathname);
  var isKept = request.method === "GET" && address.origin === location.origin && address.pathname.indexOf("/static/") === 0;
  if (!isPage && !isKept) return;
  event.respondWith(
    fetch(request).catch(function (lost) {
      return caches
        .open(KEPT)
        .then(function (cache) { return cache.match(isPage ? "/t/note/blank" : request); })
        .then(function (kept) {
          if (kept) return kept;
          throw lost;
        });
    })
  );
});
