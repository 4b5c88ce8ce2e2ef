// What this browser kept while the line was cut: how many, and their way to the server, one after the other.
(function () {
  "use strict";
  var part = document.getElementById("kept-notes");
  if (!part || !window.indexedDB) return;
  var status = part.querySelector("[role=status]");
  var list = part.querySelector("ul");
  var button = part.querySelector("button");
  var opening = indexedDB.open("tierread-notes", 1);
  opening.onupgradeneeded = function () { opening.result.createObjectStore("notes", { keyPath: "made_as" }); };
  opening.onsuccess = function () {
    var opened = opening.result;
    function notes() { return opened.transaction("notes", "readwrite").objectStore("notes"); }

    notes().getAll().onsuccess = function (found) {
      var kept = found.target.result;
      status.textContent = kept.length ? "" : part.getAttribute("data-none");
      button.hidden = !kept.length;
      kept.forEach(function (note) {
        var line = document.createElement("li");
        line.textContent = [note.patient_name, note.examination, new Date(note.written_at).toLocaleString()].join(" · ");
        list.appendChild(line);
      });
      button.addEventListener("click", function () {
        button.disabled = true;
        kept.reduce(function (before, note) { return before.then(function () { return send(note); }); }, Promise.resolve())
          .then(function () { location.assign("/t/note?done=uploaded"); })
          .catch(function () {
            button.disabled = false;
            status.textContent = part.getAttribute("data-failed");
          });
      });
    };

    function send(note) {
      var body = new URLSearchParams();
      Object.keys(note).forEach(function (name) { body.append(name, note[name]); });
      body.append("csrf_token", part.getAttribute("data-token"));
      return fetch("/t/note", { method: "POST", body: body }).then(function (answer) {
        // Taken: it led back to this page. After anything else, such as a lock, the note stays here.
        if (!answer.ok || !/[/]t[/]note[?]done=uploaded$/.test(answer.url)) throw new Error(String(answer.status));
        return new Promise(function (done) { notes().delete(note.made_as).onsuccess = done; });
      });
    }
  };
})();
