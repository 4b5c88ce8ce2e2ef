// Takes the secret of a link from behind the # into the form, and out of the address: it is sent by the button alone.
(function () {
  "use strict";
  var secret = window.location.hash.slice(1);
  if (!secret) return;
  window.history.replaceState(null, "", window.location.pathname);
  document.getElementById("link").value = secret;
  document.getElementById("typed").hidden = true;
  document.getElementById("passcode").focus();
})();
