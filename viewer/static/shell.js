// The frame: "/" goes to the search, Escape and a click elsewhere close the menus, signing out leaves no words behind.
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
    menus(null);
    if (account && account.open) {
      account.open = false;
      account.querySelector("summary").focus();
    }
    if (rail && rail.checked) {
      rail.checked = false;
      rail.focus();
    }
  });
  // Where tabs are one line that a thumb moves, the one that is open is seen.
  var open = document.querySelector("nav.tabs [aria-current]");
  if (open && open.parentNode.scrollWidth > open.parentNode.clientWidth) {
    open.parentNode.scrollLeft = open.offsetLeft - (open.parentNode.clientWidth - open.offsetWidth) / 2;
  }
  // What the desk keeps of half-filled forms in this browser (viewer/web/src/keeping/shelf.ts).
  var leave = document.querySelector("form[data-person]");
  if (leave && window.indexedDB && indexedDB.databases) {
    leave.addEventListener("submit", function (event) {
      event.preventDefault();
      indexedDB
        .databases()
        .then(function (found) {
          var kept = found.some(function (each) { return each.name === "tierread"; });
          if (!kept) return go();
          var opening = indexedDB.open("tierread");
          opening.onerror = go;
          opening.onsuccess = function () { discard(opening.result); };
        })
        .catch(go);
    });
  }

  // With them goes the page for the time without a line (line.js), which has their sites; not while the line is cut.
  function go() {
    var line = document.getElementById("line");
    if (!window.caches || !navigator.onLine || (line && !line.hidden)) return leave.submit();
    localStorage.removeItem("tierread-line");
    caches.delete("tierread-line").then(function () { leave.submit(); }, function () { leave.submit(); });
  }

  function discard(database) {
    var person = leave.getAttribute("data-person");
    var forms = database.transaction("forms", "readwrite").objectStore("forms");
    var theirs = IDBKeyRange.bound([person], [person, []]);
    forms.count(theirs).onsuccess = function (counted) {
      var n = counted.target.result;
      if (n && !window.confirm(leave.getAttribute("data-kept").replace("{n}", n))) return;
      forms.delete(theirs).onsuccess = function () {
        database.close();
        go();
      };
    };
  }

  // Of the menus of a list one is open at a time.
  function menus(kept) {
    Array.prototype.forEach.call(document.querySelectorAll("details.menu[open]"), function (menu) {
      if (menu !== kept) menu.open = false;
    });
  }

  document.addEventListener("click", function (event) {
    menus(event.target.closest ? event.target.closest("details.menu") : null);
    if (account && account.open && !account.contains(event.target)) account.open = false;
  });
})();
