// A provisional note, with or without a line: it is kept in this browser before it is printed, until it was uploaded.
(function () {
  "use strict";
  var form = document.getElementById("note");
  var sheet = document.getElementById("sheet");
  var kept = document.getElementById("kept");
  var notKept = document.getElementById("not-kept");
  var last = null;

  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    var bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)), function (byte) {
      return ("0" + byte.toString(16)).slice(-2);
    }).join("");
    return bytes.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  function database(then) {
    var opening = indexedDB.open("tierread-notes", 1);
    opening.onupgradeneeded = function () { opening.result.createObjectStore("notes", { keyPath: "made_as" }); };
    opening.onsuccess = function () { then(opening.result); };
    opening.onerror = function () { notKept.hidden = false; };
  }

  function said() {
    var note = {};
    Array.prototype.forEach.call(form.elements, function (field) {
      if (field.name) note[field.name] = field.value.trim();
    });
    // Printed once more it is the same note; with other words it is another one, and replaces none that was given out.
    var again = last && Object.keys(note).every(function (name) { return note[name] === last[name]; });
    note.made_as = again ? last.made_as : uuid();
    note.written_at = again ? last.written_at : new Date().toISOString();
    last = note;
    return note;
  }

  function fill(note) {
    Array.prototype.forEach.call(sheet.querySelectorAll("[data-of]"), function (part) {
      var name = part.getAttribute("data-of");
      var text = note[name];
      if (name === "site") text = form.elements.site.selectedOptions[0] ? form.elements.site.selectedOptions[0].text : "";
      if (name === "written_at") text = new Date(note.written_at).toLocaleString(document.documentElement.lang);
      part.textContent = text || "—";
    });
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var note = said();
    fill(note);
    database(function (opened) {
      var writing = opened.transaction("notes", "readwrite");
      var notes = writing.objectStore("notes");
      notes.put(note);
      notes.count().onsuccess = function (counted) {
        kept.textContent = kept.getAttribute("data-kept").replace("{n}", counted.target.result);
      };
      writing.oncomplete = function () {
        opened.close();
        kept.hidden = false;
        document.body.setAttribute("data-printed", note.made_as);
        window.print();
      };
      writing.onerror = function () { notKept.hidden = false; };
    });
  });

  document.getElementById("another").addEventListener("click", function () {
    var doctor = form.elements.doctor.value;
    var site = form.elements.site.value;
    form.reset();
    form.elements.doctor.value = doctor;
    form.elements.site.value = site;
    last = null;
    form.elements.patient_name.focus();
  });
})();
