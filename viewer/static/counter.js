// Forms with a card: only what the kind of card asks for is shown, and what an identity card says of its owner is filled
// in. Of a child for whom a guardian shows one it says nothing. Without this script all fields are shown, and the server
// asks the same.
(function () {
  "use strict";
  var kind = document.getElementById("card_type");
  var card = document.getElementById("card");
  var whose = document.getElementById("card_of");
  if (!kind || !card || !whose) return;
  var inCounter = document.querySelector("[data-counter]");

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

  function show(marks, shown) {
    Array.prototype.forEach.call(document.querySelectorAll(marks), function (part) {
      part.hidden = !shown;
    });
  }

  function follow() {
    var papers = kind.value !== "none";
    var own = whose.value === "own";
    show("[data-papers]", papers);
    show("[data-guardian]", papers && !own);
    show("[data-no-papers]", !papers);
    if (inCounter) fill(papers && own && kind.value === "identity_card");
  }

  function fill(byCard) {
    var sex = document.getElementById("sex");
    var born = document.getElementById("birth_date");
    var blank = sex.options[0];
    blank.textContent = blank.getAttribute(byCard ? "data-by-card" : "data-otherwise");
    var facts = said(card.value);
    if (!facts) return;
    if (byCard && !sex.value) sex.value = facts.sex;
    if (byCard && !born.value) born.value = facts.born;
    // What was filled in from the card is its owner's: nobody else has it from there.
    if (!byCard && born.value === facts.born) {
      born.value = "";
      if (sex.value === facts.sex) sex.value = "";
    }
  }

  [kind, card, whose].forEach(function (field) {
    field.addEventListener("change", follow);
  });
  follow();
})();

// The side of a part of which there are two has to be chosen; of others there is none to choose.
(function () {
  "use strict";
  var sides = document.getElementById("sides");
  if (!sides) return;
  var none = sides.querySelector("[data-no-side]");

  function follow() {
    var part = document.querySelector("input[name=body_part]:checked");
    var paired = Boolean(part && part.hasAttribute("data-paired"));
    none.disabled = paired;
    none.parentNode.hidden = paired;
    if (paired && none.checked) none.checked = false;
    if (!paired && !sides.querySelector("input:checked")) none.checked = true;
    Array.prototype.forEach.call(sides.querySelectorAll("input"), function (side) {
      side.required = paired && side !== none;
    });
  }

  Array.prototype.forEach.call(document.querySelectorAll("input[name=body_part]"), function (part) {
    part.addEventListener("change", follow);
  });
  follow();
})();
