// A button that opens the print window; without scripts the browser's own menu prints.
(function () {
  "use strict";
  var button = document.querySelector("[data-print]");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", function () {
    window.print();
  });
  button.focus();
})();
