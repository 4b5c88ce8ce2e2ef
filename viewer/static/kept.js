// Words of a form that are not sent yet stay in this browser, beside those of the desk (viewer/web/src/keeping/shelf.ts).
(function () {
  "use strict";
  var who = document.querySelector("form[data-person]");
  var forms = document.querySelectorAll("form[data-kept-words]");
  if (!who || !window.indexedDB) return;
  var person = who.getAttribute("data-person");
  var page = Array.from(crypto.getRandomValues(new Uint8Array(12)), function (byte) { return byte.toString(36); }).join("");
  var navigation = performance.getEntriesByType("navigation")[0];
  var answered = navigation && navigation.redirectCount > 0; // a form was taken, and led here

  if (!forms.length && !answered) return;
  var opening = indexedDB.open("tierread", 1);
  opening.onupgradeneeded = function () {
    opening.result.createObjectStore("forms", { keyPath: ["person", "case", "form", "copy"] });
  };
  opening.onsuccess = function () {
    var database = opening.result;
    database.onversionchange = function () { database.close(); };
    function store() { return database.transaction("forms", "readwrite").objectStore("forms"); }
    function left(then) {
      var kept = store();
      kept.getAll(IDBKeyRange.bound([person, ""], [person, "", []])).onsuccess = function (found) {
        then(found.target.result, kept);
      };
    }
    function remove(kept, copy) { kept.delete([copy.person, copy.case, copy.form, copy.copy]); }

    left(function (copies, kept) {
      copies.forEach(function (copy) { if (copy.sent && answered) remove(kept, copy); });
      forms.forEach(function (form) {
        var name = "page" + form.getAttribute("action");
        var copies_of = copies.filter(function (copy) { return copy.form === name && !(copy.sent && answered); });
        keep(form, name, copies_of, kept);
      });
    });

    function keep(form, name, copies, kept) {
      var areas = Array.from(form.querySelectorAll("textarea"));
      function put(sent) {
        var words = {};
        areas.forEach(function (area) { words[area.name] = area.value; });
        var blank = areas.every(function (area) { return !area.value.trim(); });
        var copy = { person: person, case: "", form: name, copy: page, page: page, words: words, revision: 0, sent: sent };
        copy.at = new Date().toISOString();
        if (blank) remove(store(), copy);
        else store().put(copy);
      }
      // what the server gave back with its refusal is the newest
      if (copies.length && areas.every(function (area) { return !area.value.trim(); })) {
        areas.forEach(function (area) {
          var said = copies.map(function (copy) { return copy.words[area.name] || ""; }).filter(Boolean);
          area.value = said.filter(function (one, place) { return said.indexOf(one) === place; }).join("\n");
        });
        copies.forEach(function (copy) { remove(kept, copy); });
        put(false);
      }
      form.addEventListener("input", function () { put(false); });
      form.addEventListener("submit", function () { put(true); });
    }
  };
})();
