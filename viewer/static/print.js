// Opens the print window once the sheet and its pictures are there.
window.addEventListener("load", function () {
  "use strict";
  window.print();
});
