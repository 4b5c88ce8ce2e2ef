// Takes the code of a scanned receipt from behind the # into the form, and out of the address: behind a dot the patient's
// number, for somebody without a card.
(function () {
  "use strict";
  var scanned = /^#(\d{8})(?:\.([0-9A-Z]{10}))?$/.exec(window.location.hash);
  if (!scanned) return;
  window.history.replaceState(null, "", window.location.pathname);
  document.getElementById("code").value = scanned[1].slice(0, 4) + " " + scanned[1].slice(4);
  if (scanned[2]) {
    document.getElementById("card_type").value = "patient_number";
    document.getElementById("card").value = scanned[2];
  }
})();
