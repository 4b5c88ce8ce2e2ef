// The bar of alerts on every page of staff: it stays, sounds, counts in the title, and names no patient.
// It asks every few seconds, which extends no session; while the session is locked it goes on, with counts alone.
(function () {
  "use strict";
  var PERIOD_MS = 4000;
  var HIDDEN_MS = 8000;
  var NOBODY_MS = 60000;
  var TONE_EVERY_MS = 8000;
  var KEPT = "tierread-alert-tone-at";
  var AudioKind = window.AudioContext || window.webkitAudioContext;
  var audio = null;
  var bar = null;
  var shown = "";
  var failures = 0;
  var last = null;

  function plainTitle() {
    return document.title.replace(/^\(\d+\) /, "");
  }

  function count(number) {
    var wanted = (number ? "(" + number + ") " : "") + plainTitle();
    if (document.title !== wanted) document.title = wanted;
  }

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  }

  // Browsers let a page sound once somebody has touched it.
  function sounds() {
    return audio !== null && audio.state === "running";
  }

  function wake() {
    if (!AudioKind) return;
    if (!audio) audio = new AudioKind();
    if (audio.state !== "running") {
      audio.resume().then(draw, function () {
        // not yet allowed: the hint stays
      });
    }
  }

  function tone() {
    var now = Date.now();
    if (!sounds()) return;
    try {
      // Of several tabs one sounds.
      if (now - Number(localStorage.getItem(KEPT) || 0) < TONE_EVERY_MS - 500) return;
      localStorage.setItem(KEPT, String(now));
    } catch (closed) {
      // no storage: each tab sounds by itself
    }
    [880, 660, 880].forEach(function (hertz, place) {
      var from = audio.currentTime + place * 0.25;
      var source = audio.createOscillator();
      var loudness = audio.createGain();
      source.frequency.value = hertz;
      loudness.gain.setValueAtTime(0.0001, from);
      loudness.gain.exponentialRampToValueAtTime(0.2, from + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0001, from + 0.22);
      source.connect(loudness).connect(audio.destination);
      source.start(from);
      source.stop(from + 0.24);
    });
  }

  function draw() {
    var said = last;
    if (!said || (!said.count && failures < 3)) {
      if (bar) bar.remove();
      bar = null;
      room();
      shown = "";
      count(0);
      return;
    }
    var lost = failures >= 3;
    var hint = said.rings && AudioKind && !sounds();
    var key = JSON.stringify([said.count, said.sentence, said.first, said.link, said.rings, hint, lost]);
    count(said.count);
    if (key === shown && bar && bar.isConnected) return;
    shown = key;
    if (!bar || !bar.isConnected) {
      bar = element("aside", "", "");
      bar.id = "alert-bar";
      document.body.insertBefore(bar, document.body.firstChild);
    }
    bar.className = said.rings ? "rings" : "";
    bar.textContent = "";
    if (lost) bar.appendChild(element("strong", "", said.lost));
    if (said.count) {
      // The count alone is an alert; the minutes that go by are not read out anew.
      var sentence = element("strong", "", said.sentence);
      sentence.setAttribute("role", "alert");
      bar.appendChild(sentence);
      bar.appendChild(element("span", "first", said.first));
      var link = element("a", "button", said.go);
      link.href = said.link;
      bar.appendChild(link);
    }
    if (hint) {
      var button = element("button", "sound", said.sound_off);
      button.type = "button";
      button.addEventListener("click", wake);
      bar.appendChild(button);
    }
    room();
  }

  // Messages of the desk keep under it (app.css).
  function room() {
    var high = bar && bar.isConnected ? bar.offsetHeight : 0;
    document.documentElement.style.setProperty("--alert-bar", high + "px");
  }
  window.addEventListener("resize", room);

  function period() {
    return document.hidden ? HIDDEN_MS : PERIOD_MS;
  }

  // Whether the page covers itself (lock.js); `over`: its session has ended.
  function lock(over) {
    var event = new CustomEvent("tierread-locked", { cancelable: true, detail: { over: over } });
    return !document.dispatchEvent(event);
  }

  function look() {
    fetch("/api/alerts/bar", { cache: "no-store", credentials: "same-origin" })
      .then(function (answer) {
        failures = 0;
        if (answer.status === 204) {
          last = null;
          draw();
          if (lock(true)) return PERIOD_MS;
          return NOBODY_MS; // nobody is signed in here; somebody may be again, in another tab or after a restart
        }
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json().then(function (said) {
          last = said;
          // A page that shows patients leaves the screen when its session is locked; the desk asks to sign in itself.
          var signIn = location.pathname.indexOf("/sign-in") === 0;
          var locked = said.locked || said.covered;
          if (!locked) document.dispatchEvent(new CustomEvent("tierread-open"));
          if (locked && !lock(said.locked) && said.locked && !signIn && !document.querySelector("tierread-app")) {
            location.reload();
            return 0;
          }
          draw();
          // The second window of a desk (viewer/web/src/beside) shows it; the first one rings.
          if (said.rings && location.hash.indexOf("#/beside/") !== 0) tone();
          return period();
        });
      })
      .catch(function () {
        failures += 1;
        draw();
        return period();
      })
      .then(function (wait) {
        if (wait) window.setTimeout(look, wait);
      });
  }

  if (!window.fetch || !window.Promise) return;
  ["pointerdown", "keydown"].forEach(function (touch) {
    window.addEventListener(touch, wake, { capture: true, passive: true });
  });
  look();
})();
