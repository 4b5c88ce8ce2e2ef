// Takes the code of a scanned receipt from behind the # into the form, and out of the address.
(function () {
  "use strict";
  var code = window.location.hash.slice(1);
  if (!/^\d{8}$/.test(code)) return;
  window.history.replaceState(null, "", window.location.pathname);
  document.getElementById("code").value = code.slice(0, 4) + " " + code.slice(4);
})();
