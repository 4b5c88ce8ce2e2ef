// Keeps the township's list fresh: asks for the two parts of the page every few seconds, and says when it cannot.
(function () {
  "use strict";
  var PERIOD_MS = 3000;
  var freshness = document.getElementById("freshness");
  var lastSeen = new Date();

  function clock(at) {
    return at.toTimeString().slice(0, 8);
  }

  function say(words) {
    var line = freshness.getAttribute(words).replace("{at}", clock(lastSeen));
    if (freshness.textContent !== line) freshness.textContent = line;
  }

  // What somebody is typing into, has begun to fill or has opened is left alone until it is sent.
  function inUse(part) {
    if (part.contains(document.activeElement) && document.activeElement !== document.body) return true;
    if (part.querySelector("details.menu[open]")) return true;
    return Array.prototype.some.call(part.querySelectorAll("input:not([type=hidden])"), function (input) {
      return input.type === "checkbox" ? input.checked !== input.defaultChecked : input.value !== "";
    });
  }

  function refresh(part) {
    return fetch(part.getAttribute("data-poll"), { credentials: "same-origin", redirect: "manual" }).then(
      function (answer) {
        if (answer.type === "opaqueredirect") {
          // Locked, or the session has ended: the page covers itself, or leads to the sign-in.
          var event = new CustomEvent("tierread-locked", { cancelable: true, detail: {} });
          if (document.dispatchEvent(event)) location.reload();
          return null;
        }
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.text().then(function (html) {
          if (!inUse(part) && part.innerHTML !== html) part.innerHTML = html;
        });
      }
    );
  }

  function round() {
    var parts = Array.prototype.slice.call(document.querySelectorAll("[data-poll]"));
    Promise.all(parts.map(refresh))
      .then(function () {
        lastSeen = new Date();
        say("data-fresh");
      })
      .catch(function () {
        say("data-lost");
      })
      .then(function () {
        window.setTimeout(round, document.hidden ? PERIOD_MS * 4 : PERIOD_MS);
      });
  }

  if (!freshness || !window.fetch || !window.Promise) return;
  say("data-fresh");
  window.setTimeout(round, PERIOD_MS);
})();
