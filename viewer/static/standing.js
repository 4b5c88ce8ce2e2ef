// Asks every few seconds whether what this page shows may still be seen, and clears it where it may not.
(function () {
  "use strict";
  var address = document.currentScript.dataset.standing;
  function look() {
    fetch(address, { cache: "no-store", credentials: "same-origin" })
      .then(function (answer) {
        if (answer.status !== 404 && answer.status !== 401) return;
        var over = new CustomEvent("tierread-locked", { cancelable: true, detail: { over: true } });
        if (answer.status === 401 && !document.dispatchEvent(over)) return; // the page covers itself
        document.body.replaceChildren();
        window.location.reload();
      })
      .catch(function () {
        // the line is down: the next look tells
      });
  }
  window.setInterval(look, 15000);
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden) look();
  });
})();
