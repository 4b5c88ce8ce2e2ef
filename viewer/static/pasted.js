// Says so where what is pasted is longer than the field takes: a browser cuts it without a word.
(function () {
  "use strict";
  document.addEventListener("paste", function (event) {
    var field = event.composedPath()[0];
    if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) || field.maxLength < 0) return;
    var pasted = event.clipboardData.getData("text").replace(/\r\n/g, "\n");
    var kept = field.value.length - (field.selectionEnd - field.selectionStart);
    var over = kept + pasted.length - field.maxLength;
    var note = field.nextElementSibling;
    if (note && note.classList.contains("cut")) note.remove();
    if (over <= 0) return;
    note = document.createElement("p");
    note.className = "note warning cut";
    note.setAttribute("role", "alert");
    note.textContent = document.body.dataset.cut.replace("{n}", over);
    field.after(note);
  });
})();
