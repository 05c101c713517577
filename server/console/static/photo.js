// The photo of an article: that it is looked at, larger, turned, beside another, with what its file says. Keys are
// review.js's.
(function () {
  "use strict";
  var LARGE = 2.5;

  function stateOf(article) {
    article.look = article.look || { large: false, turned: 0, x: 0, y: 0 };
    return article.look;
  }

  function draw(article) {
    var look = stateOf(article), shot = article.querySelector(".shot");
    if (!shot) return;
    var frame = shot.parentNode, scale = look.large ? LARGE : 1;
    if (look.turned % 180 && shot.clientWidth && shot.clientHeight) {
      // On its side it has to fit the other way round.
      var w = frame.clientWidth, h = frame.clientHeight;
      var across = Math.min(w / shot.clientHeight, h / shot.clientWidth, 1);
      scale *= across;
    }
    shot.style.transform = "translate(" + look.x + "px," + look.y + "px) rotate(" + look.turned + "deg) scale(" + scale + ")";
    frame.classList.toggle("large", look.large);
    pressed(article, "zoom", look.large);
  }

  function pressed(article, name, is) {
    var button = article.querySelector('[data-do="' + name + '"]');
    if (button) button.setAttribute("aria-pressed", is ? "true" : "false");
  }

  // ---- looks

  var owed = []; // looks that no answer came to
  var EARLY_MS = 30000;

  // It is on the screen: the server writes the look down, and answers with the links that a closer one needs. They hold
  // for some minutes; who looks closer after that looks again.
  function look(article) {
    var had = article.links;
    if (had && Date.now() < had.until) return had.came;
    var links = (article.links = { until: Infinity });
    links.came = fetch("/console/review/" + article.dataset.id + "/look", { method: "POST", keepalive: true })
      .then(function (answer) { return answer.ok ? answer.json() : Promise.reject(answer.status); })
      .then(
        function (body) {
          links.until = Date.now() + body.lasts_s * 1000 - EARLY_MS;
          owed.splice(0).forEach(look);
          return body;
        },
        function (why) {
          article.links = null;
          if (typeof why !== "number") owed.push(article);
          return {};
        }
      );
    return links.came;
  }

  // The whole photo is asked for only when somebody looks closely.
  function whole(article) {
    var shot = article.querySelector(".shot");
    if (!shot || shot.dataset.whole) return;
    look(article).then(function (links) {
      if (!links.whole) return;
      var better = new Image();
      better.onload = function () { shot.src = better.src; shot.dataset.whole = "1"; };
      better.src = links.whole;
    });
  }

  function zoom(article) {
    var look = stateOf(article);
    look.large = !look.large;
    look.x = look.y = 0;
    if (look.large) whole(article);
    draw(article);
  }

  function turn(article) {
    var look = stateOf(article);
    look.turned = (look.turned + 90) % 360;
    look.x = look.y = 0;
    draw(article);
  }

  function move(article, x, y) {
    var look = stateOf(article);
    if (!look.large) return false;
    var frame = article.querySelector(".frame");
    var most = { x: frame.clientWidth * LARGE / 2, y: frame.clientHeight * LARGE / 2 };
    look.x = Math.max(-most.x, Math.min(most.x, look.x + x));
    look.y = Math.max(-most.y, Math.min(most.y, look.y + y));
    draw(article);
    return true;
  }

  function compare(article) {
    var twin = article.querySelector(".twin");
    if (!twin) return;
    var image = twin.querySelector("img");
    if (!image.src) look(article).then(function (links) { if (links.twin) image.src = links.twin; });
    twin.hidden = !twin.hidden;
    article.querySelector(".photo").classList.toggle("beside", !twin.hidden);
    pressed(article, "compare", !twin.hidden);
    draw(article);
  }

  function exif(article) {
    var said = article.querySelector(".exif");
    if (!said) return;
    said.hidden = !said.hidden;
    pressed(article, "exif", !said.hidden);
  }

  var drag = null;
  document.addEventListener("pointerdown", function (event) {
    var frame = event.target.closest && event.target.closest(".frame");
    if (!frame || frame.classList.contains("twin") || event.button) return;
    drag = { article: frame.closest(".item"), x: event.clientX, y: event.clientY, moved: 0 };
    if (stateOf(drag.article).large) event.preventDefault();
  });
  document.addEventListener("pointermove", function (event) {
    if (!drag) return;
    drag.moved += Math.abs(event.clientX - drag.x) + Math.abs(event.clientY - drag.y);
    move(drag.article, event.clientX - drag.x, event.clientY - drag.y);
    drag.x = event.clientX;
    drag.y = event.clientY;
  });
  document.addEventListener("pointerup", function () {
    if (drag && drag.moved < 5) zoom(drag.article);
    drag = null;
  });
  document.addEventListener("pointercancel", function () { drag = null; });

  window.zhudian.photo = { look: look, zoom: zoom, turn: turn, move: move, compare: compare, exif: exif };
})();
