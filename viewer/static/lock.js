// When nobody has used a page that names patients for a while, or its session is over, what it shows leaves the document
// until its person proves who they are. Nothing is loaded anew: what was being filled in is there again afterwards.
// The bar of alerts and the polling scripts say when ("tierread-locked"); the server locks its pages by itself.
(function () {
  "use strict";
  var TOLD_EVERY_MS = 60000;
  var LOOKS_EVERY_MS = 5000;
  var SILENT_MS = 30000;
  var template = document.getElementById("lock");
  var who = document.querySelector("form[data-person]");
  var main = document.getElementById("main");
  var held = null; // the content of the page, while it is locked
  var over = false; // the session has ended: the password opens a new one
  var halfway = ""; // the token of a sign-in that waits for its second step
  var title = "";
  var scrolled = 0;
  var toldAt = 0;
  var touchedAt = Date.now();
  var openAt = Date.now(); // when the server last said that somebody is there, perhaps in another window
  if (!template || !who || !window.fetch || !window.Promise) return;

  function token() {
    return who.querySelector("input[name=csrf_token]").value;
  }

  function send(address, body, csrf) {
    return fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf || "" },
      body: JSON.stringify(body),
    });
  }

  // -- whoever types is there: polling extends nothing, typing does

  ["keydown", "pointerdown"].forEach(function (touch) {
    document.addEventListener(
      touch,
      function () {
        var now = Date.now();
        if (!held) touchedAt = now;
        if (held || now - toldAt < TOLD_EVERY_MS) return;
        toldAt = now;
        send("/api/session/here", {}, token()).catch(function () {
          toldAt = 0; // the line is down
        });
      },
      { capture: true, passive: true }
    );
  });
  toldAt = Date.now();

  // -- the lock

  // With the line down nobody says that the page is to be covered: then this clock does.

  document.addEventListener("tierread-open", function () {
    openAt = Date.now();
  });

  function unattended() {
    var now = Date.now();
    var idle = Number(template.getAttribute("data-idle-seconds")) * 1000;
    if (!held && now - touchedAt > idle && now - openAt > SILENT_MS) cover();
  }

  window.setInterval(unattended, LOOKS_EVERY_MS);
  document.addEventListener("visibilitychange", unattended);

  document.addEventListener("tierread-locked", function (event) {
    event.preventDefault();
    over = over || Boolean(event.detail && event.detail.over);
    if (!held) cover();
  });

  function cover() {
    title = document.title;
    scrolled = window.scrollY;
    held = document.createDocumentFragment();
    while (main.firstChild) held.appendChild(main.firstChild);
    main.appendChild(template.content.cloneNode(true));
    document.title = template.getAttribute("data-title");
    main.querySelector("form").addEventListener("submit", prove);
    ask("password");
    if (!over) {
      fetch("/api/session/proof", { credentials: "same-origin" })
        .then(function (answer) {
          if (answer.status === 401) over = true;
          return answer.ok ? answer.json() : null;
        })
        .then(function (said) {
          if (held && said && said.by === "factor") ask(said.factors.indexOf("totp") < 0 ? "elsewhere" : "code");
        })
        .catch(function () {
          // the line is down: the password is asked for
        });
    }
  }

  // One of: the password, the code of an authenticator app, or a link to the page that asks for other factors.
  function ask(kind) {
    Array.prototype.forEach.call(main.querySelectorAll("[data-ask]"), function (part) {
      var asked = part.getAttribute("data-ask") === kind;
      part.hidden = !asked;
      Array.prototype.forEach.call(part.querySelectorAll("input"), function (input) {
        input.disabled = !asked;
        if (asked) input.focus();
      });
    });
    main.querySelector("button").hidden = kind === "elsewhere";
  }

  function say(words) {
    var problem = main.querySelector(".problem");
    problem.textContent = words;
    problem.hidden = !words;
  }

  function prove(event) {
    event.preventDefault();
    var form = event.target;
    var password = form.elements.password.value;
    var code = form.elements.code.value;
    say("");
    attempt(password, code)
      .then(function (answer) {
        if (answer.ok) return open(answer);
        return answer.json().then(function (problem) {
          if (problem.type === "/problems/signed-out" && !over) {
            over = true;
            ask("password");
            return password ? prove(event) : null;
          }
          if (problem.type === "/problems/factor-needed") {
            halfway = problem.csrf_token;
            ask(problem.needs === "factor" && problem.factors.indexOf("totp") >= 0 ? "code" : "elsewhere");
            return null;
          }
          form.reset();
          say(problem.detail || problem.title);
          return null;
        });
      })
      .catch(function () {
        say(template.getAttribute("data-lost"));
      });
  }

  function attempt(password, code) {
    if (!over) return send("/api/session/proof", code ? { code: code } : { password: password }, token());
    if (halfway) return send("/api/session/factor", { code: code }, halfway);
    return send("/api/session", { username: template.getAttribute("data-username"), password: password }, "");
  }

  function open(answer) {
    return answer.json().then(function (said) {
      if (over) {
        // forms that were filled in go with the new session's token
        [document, held].forEach(function (part) {
          Array.prototype.forEach.call(part.querySelectorAll("input[name=csrf_token]"), function (input) {
            input.value = said.csrf_token;
          });
        });
      }
      main.textContent = "";
      main.appendChild(held);
      held = null;
      over = false;
      halfway = "";
      document.title = title;
      window.scrollTo(0, scrolled);
      toldAt = touchedAt = openAt = Date.now();
      document.dispatchEvent(new CustomEvent("tierread-unlocked"));
    });
  }
})();
