// What this browser kept while the line was cut: of one's own sites with names, of others how many; their way to the server.
(function () {
  "use strict";
  var part = document.getElementById("kept-notes");
  if (!part || !window.indexedDB) return;
  var status = part.querySelector("[role=status]");
  var list = part.querySelector("ul");
  var others = document.getElementById("others");
  var button = part.querySelector("button");
  var sites = part.getAttribute("data-sites").split(" ");
  var DIFFERS = 409;

  keptNotes.list().then(function (all) {
    var own = all.filter(function (note) { return sites.indexOf(note.site) >= 0; });
    var kept = own.filter(function (note) { return !note.unreadable; });
    var unreadable = own.length - kept.length;
    var said = unreadable ? part.getAttribute("data-unreadable").replace("{n}", unreadable) : "";
    status.textContent = said || (kept.length ? "" : part.getAttribute("data-none"));
    others.hidden = own.length === all.length;
    others.textContent = part.getAttribute("data-others").replace("{n}", all.length - own.length);
    show(kept);
    button.addEventListener("click", function () {
      var differing = [];
      button.disabled = true;
      kept
        .reduce(function (before, note) {
          return before.then(function () { return send(note); }).then(function (apart) { differing = differing.concat(apart); });
        }, Promise.resolve())
        .then(function () {
          if (!differing.length) return location.assign("/t/note?done=uploaded");
          kept = differing;
          show(kept);
          status.textContent = part.getAttribute("data-differs").replace("{n}", kept.length);
        })
        .catch(function () { status.textContent = part.getAttribute("data-failed"); })
        .then(function () { button.disabled = false; });
    });
  });

  function show(kept) {
    button.hidden = !kept.length;
    list.replaceChildren.apply(list, kept.map(function (note) {
      var line = document.createElement("li");
      line.textContent = [note.patient_name, note.examination, keptNotes.moment(note.written_at)].join(" · ");
      return line;
    }));
  }

  // Nothing where the server has it now; what differs from what was uploaded under its mark stays, under one of its own.
  function send(note) {
    var body = new URLSearchParams();
    Object.keys(note).forEach(function (name) { body.append(name, note[name]); });
    body.append("csrf_token", part.getAttribute("data-token"));
    return fetch("/t/note", { method: "POST", body: body }).then(function (answer) {
      var differs = answer.status === DIFFERS;
      // Taken: it led back to this page. After anything else, such as a lock, the note stays here as it is.
      var taken = answer.ok && /[/]t[/]note[?]done=uploaded$/.test(answer.url);
      if (!differs && !taken) throw new Error(String(answer.status));
      var as = differs ? keptNotes.mark() : "";
      return keptNotes.settle(note.made_as, as).then(function () {
        return differs ? [Object.assign({}, note, { made_as: as })] : [];
      });
    });
  }
})();
