// The editor of a policy: what a condition may be is chosen from its list by a word, which joins those that stand there.
// Without this script the field offers the same words while somebody types.
(function () {
  "use strict";
  Array.prototype.forEach.call(document.querySelectorAll("input[data-adds]"), function (field) {
    var offered = document.getElementById(field.getAttribute("list"));
    var choice = document.createElement("select");
    choice.className = "adds";
    choice.setAttribute("aria-label", field.getAttribute("data-adds"));
    choice.appendChild(new Option(field.getAttribute("data-adds"), ""));
    Array.prototype.forEach.call(offered.options, function (one) {
      choice.appendChild(new Option(one.value, one.value));
    });
    choice.addEventListener("change", function () {
      var standing = field.value.split(/[,，、]/).map(function (each) {
        return each.trim();
      });
      if (choice.value && standing.indexOf(choice.value) < 0) {
        field.value = standing.concat(choice.value).filter(Boolean).join(", ");
      }
      choice.value = "";
    });
    field.removeAttribute("list"); // it would offer the words for the whole field
    field.insertAdjacentElement("afterend", choice);
  });
})();
