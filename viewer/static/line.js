// On the pages of the counter: says that the line is cut, holds back a form that would be lost, and keeps the page for a
// provisional note for that time (line-worker.js).
(function () {
  "use strict";
  var banner = document.getElementById("line");
  if (!banner || !window.fetch) return;
  var PERIOD_MS = 15000;
  var PATIENCE_MS = 5000;
  var KEPT = "tierread-line";

  // Any answer of the service is one; only silence is none.
  function ask() {
    var giving_up = new AbortController();
    var timer = setTimeout(function () { giving_up.abort(); }, PATIENCE_MS);
    return fetch("/healthz", { cache: "no-store", signal: giving_up.signal })
      .then(function () { return true; }, function () { return false; })
      .then(function (there) {
        clearTimeout(timer);
        banner.hidden = there;
        return there;
      });
  }

  function round() {
    ask().then(function () { setTimeout(round, PERIOD_MS); });
  }
  window.addEventListener("offline", ask);
  window.addEventListener("online", ask);
  setTimeout(round, navigator.onLine ? PERIOD_MS : 0);

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-line-is-there")) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy")) return; // pressed again before there was an answer
    form.setAttribute("aria-busy", "true");
    var button = event.submitter;
    ask().then(function (there) {
      form.removeAttribute("aria-busy");
      if (!there) return banner.scrollIntoView({ block: "nearest" });
      form.setAttribute("data-line-is-there", "");
      if (button) form.requestSubmit(button);
      else form.requestSubmit();
      form.removeAttribute("data-line-is-there");
    });
  });

  if (!navigator.serviceWorker || !window.caches) return;
  navigator.serviceWorker.register("/static/line-worker.js", { scope: "/t" }).catch(function () {});
  // Whose the page is that is kept: of this person's sites, in this language, of today; all tabs share it.
  var whose = [banner.getAttribute("data-person"), document.documentElement.lang, new Date().toDateString()].join(" ");
  if (localStorage.getItem(KEPT) === whose) return;
  caches
    .open(KEPT)
    .then(function (cache) {
      var parts = ["/static/base.css", "/static/pages.css", "/static/note.js"];
      return fetch("/t/note/blank", { cache: "no-store", redirect: "error" }).then(function (page) {
        if (!page.ok) throw new Error(String(page.status));
        return Promise.all([cache.put("/t/note/blank", page), cache.addAll(parts)]);
      });
    })
    .then(function () { localStorage.setItem(KEPT, whose); })
    .catch(function () {});
})();
