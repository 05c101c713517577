// Pages that are read: the button that prints; on paper maps and charts get the size they have there, and a page that says
// how large its paper is (data-paper="1046x716", in CSS pixels) is made to fit on one.
(function () {
  "use strict";

  function refit() {
    document.querySelectorAll("[data-map], [data-chart]").forEach(function (root) {
      if (root.zhudianRefit) root.zhudianRefit();
    });
  }

  function fit() {
    var root = document.querySelector("[data-paper]");
    document.documentElement.classList.add("printing");
    refit();
    if (!root) return;
    var size = root.getAttribute("data-paper").split("x").map(Number);
    root.style.width = size[0] + "px";
    var zoom = Math.min(1, size[1] / root.scrollHeight);
    root.style.zoom = zoom;
    root.style.width = size[0] / zoom + "px";
    refit();
  }

  function back() {
    var root = document.querySelector("[data-paper]");
    document.documentElement.classList.remove("printing");
    if (root) root.style.width = root.style.zoom = "";
    refit();
  }

  window.addEventListener("beforeprint", fit);
  window.addEventListener("afterprint", back);
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-print]")) window.print();
  });
})();
