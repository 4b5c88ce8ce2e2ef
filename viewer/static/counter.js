// The counter's form: the guardian's name is asked for only with a guardian's card, and what an identity card says of
// its owner is filled in, where nobody types it otherwise. Without this script the server asks the same.
(function () {
  "use strict";
  var kind = document.getElementById("card_type");
  var card = document.getElementById("card");
  var whose = document.getElementById("card_of");
  var sex = document.getElementById("sex");
  var born = document.getElementById("birth_date");
  var guardian = document.querySelector("[data-guardian]");
  if (!kind || !card || !whose || !sex || !born || !guardian) return;

  // GB 11643-1999: the birth date from the 7th digit, the sex in the last digit of the sequence.
  function said(number) {
    var digits = number.replace(/\s/g, "").toUpperCase();
    var whole = /^\d{6}(\d{8})\d{2}(\d)[\dX]$/.exec(digits);
    var legacy = /^\d{6}(\d{6})\d{2}(\d)$/.exec(digits);
    var found = whole || legacy;
    if (!found) return null;
    var day = whole ? found[1] : "19" + found[1];
    return {
      born: day.slice(0, 4) + "-" + day.slice(4, 6) + "-" + day.slice(6),
      sex: Number(found[2]) % 2 ? "M" : "F",
    };
  }

  function follow() {
    var own = whose.value === "own";
    guardian.hidden = own;
    var facts = own && kind.value === "identity_card" ? said(card.value) : null;
    if (!facts) return;
    if (!sex.value) sex.value = facts.sex;
    if (!born.value) born.value = facts.born;
  }

  [kind, card, whose].forEach(function (field) {
    field.addEventListener("change", follow);
  });
  follow();
})();
