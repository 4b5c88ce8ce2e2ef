// The notes that this browser keeps until they were uploaded, each sealed by a key that no script can read out; the key
// goes with the last note. It lies in the same store, so that no note is ever without it. Where a browser has no such keys
// a note is kept as it was typed: that is better than losing it.
var keptNotes = (function () {
  "use strict";
  var STORE = "notes";
  var AES = "AES-GCM"; // NIST SP 800-38D, 96 random bits for each note

  function asked(request) {
    return new Promise(function (done, failed) {
      request.onsuccess = function () { done(request.result); };
      request.onerror = function () { failed(request.error); };
    });
  }

  function database() {
    var opening = indexedDB.open("tierread-notes", 1);
    opening.onupgradeneeded = function () { opening.result.createObjectStore(STORE, { keyPath: "made_as" }); };
    return asked(opening);
  }

  // Does `change` with the store; done once the disk has it.
  function written(change) {
    return database().then(function (opened) {
      return new Promise(function (done, failed) {
        var writing = opened.transaction(STORE, "readwrite");
        writing.oncomplete = function () { done(); };
        writing.onabort = function () { failed(writing.error); };
        try {
          change(writing.objectStore(STORE));
        } catch (refused) {
          failed(refused); // such as a key that this browser cannot keep
        }
      }).finally(function () { opened.close(); });
    });
  }

  function records() {
    return database().then(function (opened) {
      return asked(opened.transaction(STORE).objectStore(STORE).getAll()).finally(function () { opened.close(); });
    });
  }

  function isKey(record) { return record.key !== undefined; }
  function isNote(record) { return !isKey(record); }

  function keyAmong(found) {
    var known = found.filter(isKey)[0];
    if (known) return Promise.resolve(known);
    return crypto.subtle.generateKey({ name: AES, length: 256 }, false, ["encrypt", "decrypt"]).then(function (key) {
      return { made_as: "key-" + mark(), key: key };
    });
  }

  function put(note) {
    if (!crypto.subtle) return written(function (store) { store.put(note); });
    return records()
      .then(keyAmong)
      .then(function (by) {
        var iv = crypto.getRandomValues(new Uint8Array(12));
        var words = new TextEncoder().encode(JSON.stringify(note));
        return crypto.subtle.encrypt({ name: AES, iv: iv }, by.key, words).then(function (sealed) {
          return written(function (store) {
            store.put(by); // again, for the last note before may have taken it along
            store.put({ made_as: note.made_as, site: note.site, by: by.made_as, iv: iv, sealed: sealed });
          });
        });
      })
      .catch(function () { return written(function (store) { store.put(note); }); });
  }

  // Every note, with what was typed; of one that cannot be unsealed only its mark and its site.
  function list() {
    return records().then(function (found) {
      return Promise.all(found.filter(isNote).map(function (record) {
        if (!record.sealed) return record;
        var by = found.filter(function (one) { return isKey(one) && one.made_as === record.by; })[0];
        var unsealed = by && crypto.subtle ? crypto.subtle.decrypt({ name: AES, iv: record.iv }, by.key, record.sealed) : Promise.reject();
        return unsealed.then(
          function (words) { return Object.assign(JSON.parse(new TextDecoder().decode(words)), { made_as: record.made_as }); },
          function () { return { made_as: record.made_as, site: record.site, unreadable: true }; }
        );
      }));
    });
  }

  // The server has it: it goes, or (`as`) stays under another mark; with the last one the key goes.
  function settle(made_as, as) {
    return written(function (store) {
      store.getAll().onsuccess = function (answered) {
        var left = answered.target.result.filter(isNote);
        var it = left.filter(function (one) { return one.made_as === made_as; })[0];
        store.delete(made_as);
        if (as && it) store.put(Object.assign({}, it, { made_as: as }));
        if (left.length === (it ? 1 : 0) && !as) store.clear();
      };
    });
  }

  function mark() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    var hex = Array.from(bytes, function (byte) { return ("0" + byte.toString(16)).slice(-2); }).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  // 2026-03-02 16:05, by the clock of this machine.
  function moment(iso) {
    var at = new Date(iso);
    function two(number) { return ("0" + number).slice(-2); }
    var day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
    return day + " " + two(at.getHours()) + ":" + two(at.getMinutes());
  }

  return { put: put, list: list, settle: settle, mark: mark, moment: moment };
})();

// A provisional note, with or without a line: it is kept in this browser before it is printed, until it was uploaded.
(function () {
  "use strict";
  var form = document.getElementById("note");
  if (!form) return; // the page that uploads
  var sheet = document.getElementById("sheet");
  var kept = document.getElementById("kept");
  var notKept = document.getElementById("not-kept");
  var last = null;

  function said() {
    var note = {};
    Array.prototype.forEach.call(form.elements, function (field) {
      if (field.name) note[field.name] = field.value.trim();
    });
    // Printed once more it is the same note; with other words it is another one, and replaces none that was given out.
    var again = last && Object.keys(note).every(function (name) { return note[name] === last[name]; });
    note.made_as = again ? last.made_as : keptNotes.mark();
    note.written_at = again ? last.written_at : new Date().toISOString();
    last = note;
    return note;
  }

  function fill(note) {
    Array.prototype.forEach.call(sheet.querySelectorAll("[data-of]"), function (part) {
      var name = part.getAttribute("data-of");
      var text = note[name];
      if (name === "site") text = form.elements.site.selectedOptions[0] ? form.elements.site.selectedOptions[0].text : "";
      if (name === "written_at") text = keptNotes.moment(note.written_at);
      part.textContent = text || "—";
    });
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var note = said();
    fill(note);
    keptNotes
      .put(note)
      .then(keptNotes.list)
      .then(
        function (all) {
          kept.textContent = kept.getAttribute("data-kept").replace("{n}", all.length);
          kept.hidden = false;
          document.body.setAttribute("data-printed", note.made_as);
          window.print();
        },
        function () { notKept.hidden = false; }
      );
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
