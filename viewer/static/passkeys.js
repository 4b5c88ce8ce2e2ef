// Passkeys (Web Authentication, level 3): a button asks the authenticator, and its answer goes with the form.
//
// The options and the answer are JSON whose bytes are base64url; older browsers know no JSON methods, so that both ways
// are written here.
(function () {
  "use strict";

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (letter) {
      return letter.charCodeAt(0);
    });
  }

  function text(buffer) {
    var plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function known(list) {
    return (list || []).map(function (one) {
      return Object.assign({}, one, { id: bytes(one.id) });
    });
  }

  function ask(kind, options) {
    options.challenge = bytes(options.challenge);
    if (kind === "get") {
      options.allowCredentials = known(options.allowCredentials);
      return navigator.credentials.get({ publicKey: options });
    }
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = known(options.excludeCredentials);
    return navigator.credentials.create({ publicKey: options });
  }

  function answer(credential) {
    var response = { clientDataJSON: text(credential.response.clientDataJSON) };
    ["attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (part) {
      if (credential.response[part]) response[part] = text(credential.response[part]);
    });
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: response,
      clientExtensionResults: {},
    });
  }

  Array.prototype.forEach.call(document.querySelectorAll("[data-passkey]"), function (field) {
    var form = field.form;
    var button = form.querySelector("[data-passkey-button]");
    var failed = form.querySelector("[data-passkey-failed]");
    if (!window.PublicKeyCredential) {
      button.hidden = true;
      form.querySelector("[data-passkey-unknown]").hidden = false;
      return;
    }
    button.addEventListener("click", function () {
      failed.hidden = true;
      button.disabled = true;
      ask(field.dataset.passkey, JSON.parse(field.dataset.options)).then(
        function (credential) {
          field.value = answer(credential);
          form.submit();
        },
        function () {
          // Whoever declined, or let the time pass, may press again; the browser says nothing more.
          failed.hidden = false;
          button.disabled = false;
        },
      );
    });
  });
})();
