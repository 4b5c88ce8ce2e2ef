// The frame: "/" goes to the search, Escape and a click elsewhere close the menus.
(function () {
  "use strict";
  // A page that is itself the search has its own box.
  var search = document.getElementById("shell-search") || document.querySelector("main input[type=search]");
  var account = document.querySelector("details.account");
  var rail = document.getElementById("rail-open");

  document.addEventListener("keydown", function (event) {
    var busy = event.target.closest && event.target.closest("input, textarea, select, dialog");
    if (event.key === "/" && search && !busy && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    }
    if (event.key !== "Escape") return;
    if (account && account.open) {
      account.open = false;
      account.querySelector("summary").focus();
    }
    if (rail && rail.checked) {
      rail.checked = false;
      rail.focus();
    }
  });
  document.addEventListener("click", function (event) {
    if (account && account.open && !account.contains(event.target)) account.open = false;
  });
})();
