// A list of which some are chosen: how many, no more than may be, and all of a page at once. And what decides on them.
(function () {
  "use strict";
  var FRESH_MS = 400;
  document.querySelectorAll("form[data-choose]").forEach(function (form) {
    var all = form.querySelector("[data-all]"), button = form.querySelector("button"), most = Number(form.dataset.most);
    var boxes = Array.prototype.slice.call(form.querySelectorAll("input[name=id]"));
    function draw() {
      var chosen = boxes.filter(function (box) { return box.checked; }).length;
      form.querySelector(".chosen").textContent = chosen ? " " + chosen + " 条" : "";
      button.disabled = !chosen;
      boxes.forEach(function (box) { box.disabled = !box.checked && chosen >= most; });
      all.checked = chosen > 0 && chosen === Math.min(boxes.length, most);
      all.disabled = !boxes.length;
    }
    all.addEventListener("change", function () {
      boxes.forEach(function (box, i) { box.checked = all.checked && i < most; });
      draw();
    });
    boxes.forEach(function (box) { box.addEventListener("change", draw); });
    draw();
  });

  // Sent once, and not by the second click of the two that opened the page: the photos are to be seen first.
  document.querySelectorAll("form[data-together]").forEach(function (form) {
    var isSent = false;
    form.dataset.fresh = "1";
    setTimeout(function () { delete form.dataset.fresh; }, FRESH_MS);
    form.addEventListener("submit", function (event) {
      if (isSent || form.dataset.fresh) return event.preventDefault();
      isSent = true;
    });
    window.addEventListener("pageshow", function () { isSent = false; });
  });
})();
