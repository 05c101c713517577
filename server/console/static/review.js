/* The review desk: the next check-in is there before its decision is sent, and comes back if the server refuses.

   #stage shows one <article class="item">, #later holds those that are loaded. A decision swaps first and is sent in the
   background. For FRESH_MS after another one came it cannot be decided: nobody has looked at it yet, and what was typed
   or clicked was meant for the one before. Plain script for Chromium 83 and later. */
(function () {
  "use strict";
  var UNDO_MS = 10000;
  var AHEAD = 2;
  var FRESH_MS = 400;
  var POLL_MS = 15000, KEEP_MS = 120000;
  var API = "/api/v1/checkins/";

  var desk = document.getElementById("desk");
  if (!desk) return;
  var stage = document.getElementById("stage"), later = document.getElementById("later");
  var nothing = document.getElementById("nothing"), fetching = document.getElementById("fetching");
  var undoPlace = document.getElementById("undo"), help = document.getElementById("help");
  var photo = window.zhudian.photo, rejecting = window.zhudian.rejecting;
  var filters = JSON.parse(desk.dataset.filters || "{}");
  var past = []; // what was on the desk before, the last one last
  var skipped = []; // ids that were gone past undecided, until they are looked at again
  var left = []; // those of them of which the server does not know yet
  var undoable = [], undoing = Promise.resolve(); // the decisions that can be taken back, the newest last
  var sending = 0, asking = null, isEnd = !desk.dataset.next;
  var settling; // the timer until what has come may be decided

  function current() { return stage.querySelector(".item"); }
  function loaded() { return Array.prototype.slice.call(later.children); }
  function without(list, one) { return list.filter(function (other) { return other !== one; }); }
  function idOf(article) { return article.dataset.id; }
  function say(text, kind) { window.zhudian.say(text, kind); }

  // ---- what is seen

  function show(article) {
    nothing.hidden = true;
    fetching.hidden = true;
    stage.insertBefore(article, stage.firstChild);
    fresh();
    rejecting.restore(article);
    if (desk.dataset.next) history.replaceState(null, "", address(article));
    if (document.activeElement === document.body || !document.contains(document.activeElement)) focusDesk();
    // The look is told and the map is drawn once the photo and the words are on the screen.
    requestAnimationFrame(function () { setTimeout(function () { shown(article); }, 0); });
  }

  function fresh() {
    desk.dataset.fresh = "1";
    clearTimeout(settling);
    settling = setTimeout(function () { delete desk.dataset.fresh; }, FRESH_MS);
  }

  function shown(article) {
    if (article.parentNode !== stage) return;
    if (article.hasAttribute("data-ahead")) {
      article.removeAttribute("data-ahead");
      photo.look(article);
    }
    map(article);
  }

  function address(article) {
    var query = new URLSearchParams(filters).toString();
    return "/console/review/" + idOf(article) + (query ? "?" + query : "");
  }

  function map(article) {
    var place = article.querySelector("[data-map-later]");
    if (!place) return;
    place.setAttribute("data-map", place.getAttribute("data-map-later"));
    place.removeAttribute("data-map-later");
    place.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
  }

  function focusDesk() {
    var main = document.getElementById("main");
    if (main) main.focus({ preventScroll: true });
  }

  function forward() {
    var next = later.firstElementChild;
    if (next) show(next);
    else {
      fetching.hidden = false; // until the server has said that there is no more, and what is left
      isEnd = false;
    }
    // After a decision the server is asked once it has that: its sums are right then, and the next frame is not held up;
    // unless whoever is quick would have to wait.
    if (!sending || !later.children.length) more();
  }

  function end() {
    fetching.hidden = true;
    nothing.hidden = false;
    document.getElementById("strip").textContent = "";
    history.replaceState(null, "", "/console/review" + location.search);
  }

  function away() {
    var article = current();
    if (article) article.remove();
    return article;
  }

  // ---- what comes then

  // As many more as fewer than AHEAD are loaded; the strip and the sums with them.
  function more() {
    var many = AHEAD - later.children.length;
    if (!asking && !isEnd && many > 0) ask(many);
  }

  function ask(many, unattended) {
    var body = new URLSearchParams(filters), headers = { "HX-Request": "true" };
    var isSure = !sending, told = left;
    if (unattended) headers["Zhudian-Unattended"] = "1";
    body.set("left", told.join(","));
    body.set("keep", [current()].concat(loaded()).filter(isOpen).map(idOf).join(","));
    body.set("past", skipped.concat(past.filter(isOnItsWay).map(idOf)).join(","));
    body.set("many", String(many));
    left = [];
    asking = fetch(desk.dataset.next, { method: "POST", body: body, headers: headers })
      .then(function (answer) { return answer.text().then(function (text) { return taken(answer, text, unattended); }); })
      .catch(function () { return "lost"; })
      .then(function (came) {
        asking = null;
        if (came === "lost") left = told.concat(left);
        if (!many) return more();
        if (came === "some") return more();
        if (came === "lost") return lost();
        if (sending || !isSure || came === "had") return sending || more(); // what was decided meanwhile may have changed it
        isEnd = true;
        if (!current()) end();
      });
  }

  function isOpen(article) { return article && article.dataset.decide && !article.dataset.done; }
  function isUndecided(article) { return isOpen(article) || isOnItsWay(article); }
  // Decided or being taken back, and the server has not answered yet.
  function isOnItsWay(article) { return article.dataset.done && !article.dataset.review; }

  function taken(answer, text, unattended) {
    if (answer.status === 401) location.assign("/console/sign-in?expired=1&next=" + encodeURIComponent(location.pathname + location.search));
    if (!answer.ok) return "lost";
    var box = new DOMParser().parseFromString(text, "text/html");
    var found = Array.prototype.slice.call(box.querySelectorAll(".item"));
    put("strip", box.querySelector(".strip-now"));
    put("progress", box.querySelector(".progress-now"));
    put("nothing", box.querySelector(".end-now"));
    if (!found.length) return "none";
    // What was asked for before it was taken back may come beside the one that is here.
    var here = past.concat(loaded(), current() || []).filter(isUndecided).map(idOf);
    found = found.filter(function (article) { return here.indexOf(idOf(article)) < 0; });
    found.forEach(function (article) {
      ready(later.appendChild(document.importNode(article, true)));
    });
    if (!found.length) return "had";
    isEnd = false;
    if (!current()) {
      if (unattended) say("来了一条待核的打卡。");
      show(later.firstElementChild);
    }
    return "some";
  }

  function put(id, from) {
    var place = document.getElementById(id);
    if (place && from) place.innerHTML = from.innerHTML;
  }

  function lost() {
    if (!current()) say("没有网络，取不到下一条；联网后会自己继续，已经提交的不会丢。", "bad");
  }

  // htmx learns of the forms in it, and the photo is decoded before anybody looks.
  function ready(article) {
    if (window.htmx) window.htmx.process(article);
    var shot = article.querySelector(".shot");
    if (shot && shot.decode) shot.decode().catch(function () {});
  }

  // ---- deciding

  function decide(ruling) {
    var article = current();
    if (!isOpen(article) || desk.dataset.fresh) return;
    if (article.dataset.beside) ruling.beside = article.dataset.beside;
    article.dataset.done = ruling.decision;
    away();
    past.push(article);
    var done = { article: article, decision: ruling.decision };
    done.sent = send(article, ruling);
    offer(done);
    forward();
  }

  function send(article, ruling) {
    var given = { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" } };
    given.body = JSON.stringify(ruling);
    desk.dataset.sending = sending += 1;
    return fetch(API + idOf(article) + "/reviews", given).then(read).then(
      function (body) {
        rejecting.forget(article);
        article.dataset.review = body.review.id;
        settle(article, ruling.decision);
        return body;
      },
      function (problem) {
        refused(article, problem);
        return null;
      }
    ).then(function (body) {
      desk.dataset.sending = sending -= 1;
      isEnd = !desk.dataset.next; // somebody may have checked in since
      more();
      return body;
    });
  }

  function read(answer) {
    return answer.json().catch(function () { return {}; }).then(function (body) {
      if (!answer.ok) {
        body.status = answer.status;
        throw body;
      }
      return body;
    });
  }

  // Nothing is lost in silence: it is the next one again, with the sentence; but what somebody else decided is decided,
  // and what somebody else has before them is theirs until they leave it.
  function refused(article, problem) {
    delete article.dataset.done;
    past = without(past, article);
    withdraw(article);
    var why = problem.detail || "没有收到答复，结论可能已经存上；再决定一次也没有关系，同样的结论只算一次。";
    if (problem.status === 409 && /^(already_decided|being_reviewed)$/.test(problem.code)) {
      say(article.dataset.said + "：" + why, "bad");
      return;
    }
    say(article.dataset.said + "：" + why + "它排在下一条。", "bad");
    if (current()) later.insertBefore(article, later.firstChild);
    else show(article);
  }

  function settle(article, decision) {
    var said = article.querySelector(".verdict");
    said.textContent = decision === "accepted" ? "您已通过。" : "您已驳回。";
    said.hidden = false;
    article.querySelectorAll('[data-do="accept"], [data-do="reject"]').forEach(function (one) { one.disabled = true; });
  }

  // ---- taking back: each for ten seconds, the newest first

  function offer(done) {
    undoable.push(done);
    offered();
    setTimeout(function () { withdraw(done.article); }, UNDO_MS);
  }

  function withdraw(article) {
    undoable = undoable.filter(function (done) { return done.article !== article; });
    offered();
  }

  function offered() {
    undoPlace.textContent = "";
    var done = undoable[undoable.length - 1];
    if (!done) return;
    var words = document.createElement("span"), button = document.createElement("button");
    words.textContent = (done.decision === "accepted" ? "已通过：" : "已驳回：") + done.article.dataset.said +
      (undoable.length > 1 ? "，还有之前的 " + (undoable.length - 1) + " 条" : "") + "。10 秒内可以撤销，之后通知队员。";
    button.type = "button";
    button.className = "act plain";
    button.dataset.do = "undo";
    button.innerHTML = "撤销<kbd>U</kbd>";
    undoPlace.append(words, button);
  }

  function undo() {
    var done = undoable[undoable.length - 1];
    if (!done) return;
    withdraw(done.article);
    undoing = undoing.then(function () { return done.sent; }).then(function (body) {
      if (!body) return null; // it was refused, and is back already
      var path = API + idOf(done.article) + "/reviews/" + body.review.id;
      delete done.article.dataset.review; // it is on its way again
      return fetch(path, { method: "DELETE", keepalive: true }).then(read).then(
        function () { back(done.article); },
        function (problem) {
          done.article.dataset.review = body.review.id;
          say(problem.detail || "没有收到答复，可能已经撤销；请刷新看看。", "bad");
        }
      );
    });
  }

  function back(article) {
    delete article.dataset.done;
    article.querySelector(".verdict").hidden = true;
    rejecting.close(article);
    article.querySelectorAll('[data-do="accept"], [data-do="reject"]').forEach(function (one) { one.disabled = false; });
    past = without(past, article);
    instead(article);
    say("已撤销，队员没有收到通知。");
  }

  // On the desk again, before what is there; and claimed again.
  function instead(article) {
    var other = away();
    if (other) later.insertBefore(other, later.firstChild);
    show(article);
    if (isOpen(article)) Promise.resolve(asking).then(function () { if (!asking) ask(0); });
  }

  // ---- going past and back

  function skip() {
    var article = current();
    if (!desk.dataset.next) return;
    if (!article) return nothing.hidden ? null : Promise.resolve(asking).then(again);
    away();
    past.push(article);
    if (isOpen(article)) {
      skipped.push(idOf(article));
      left.push(idOf(article));
    }
    forward();
    if (!asking) ask(0); // others are given it at once
  }

  // At the end: once more what was gone past, as far as nobody has it or has decided.
  function again() {
    if (current()) return;
    past = past.filter(function (article) { return !isOpen(article); });
    skipped = [];
    nothing.hidden = true;
    forward();
  }

  function previous() {
    if (!past.length) return;
    var article = past.pop();
    skipped = without(skipped, idOf(article));
    left = without(left, idOf(article));
    instead(article);
  }

  // ---- keys and buttons

  var DO = {
    accept: function () { decide({ decision: "accepted" }); },
    reject: on(rejecting.open), keep: keep, undo: undo, skip: skip, back: previous,
    zoom: on(photo.zoom), turn: on(photo.turn), compare: on(photo.compare), exif: on(photo.exif),
    note: on(note), "page-up": on(function (article) { turn(article, -1); }), "page-down": on(function (article) { turn(article, 1); }),
    help: function () { if (!help.open) help.showModal(); },
    "close-help": function () { help.close(); },
  };
  var KEYS = { a: "accept", r: "reject", u: "undo", j: "skip", k: "back", z: "zoom", o: "turn", c: "compare", e: "exif", m: "note", "?": "help", "？": "help", PageUp: "page-up", PageDown: "page-down" };
  var ARROWS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

  rejecting.decide = decide;
  rejecting.closed = keep;

  function keep() { if (rejecting.close(current())) focusDesk(); }

  function note(article) {
    article.querySelector(".talk").open = true;
    article.querySelector(".comment textarea").focus();
  }

  // What does not fit beside the photo: on a desk one column, where there is less room all of it.
  function turn(article, way) {
    article.querySelectorAll(".sides, .says").forEach(function (box) { box.scrollTop += way * box.clientHeight * 0.7; });
  }

  function on(act) { return function () { if (current()) act(current()); }; }

  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("button");
    // Of a double click only the first is meant: by the second another one is there, or the form of a rejection.
    if (button && event.detail > 1 && button.closest(".deciding")) return event.preventDefault();
    if (button && !button.disabled && DO[button.dataset.do]) DO[button.dataset.do]();
  });

  document.addEventListener("keydown", function (event) {
    var article = current(), form = article && article.querySelector(".reject");
    if (rejecting.key(article, event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
      if (event.key === "Escape") focusDesk();
      return;
    }
    if (event.key === "Escape") return keep();
    if (ARROWS[event.key] && article && photo.move(article, ARROWS[event.key][0], ARROWS[event.key][1])) return event.preventDefault();
    if (event.target.closest(".map") || (event.repeat && !/^Page/.test(event.key))) return;
    var name = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    // While a rejection is being written, one key must not accept, nor leave it behind.
    if (!name || (form && !form.hidden && /^(accept|skip|back)$/.test(name))) return;
    event.preventDefault();
    DO[name]();
  });

  // ---- by itself

  // Who waits sees new ones come; a page that nobody looks at asks for nothing.
  function poll() {
    if (!current() && !asking && !document.hidden) ask(1, true);
  }

  if (desk.dataset.next) {
    setInterval(poll, POLL_MS);
    document.addEventListener("visibilitychange", poll);
    // What is before the reviewer stays theirs, however long they look.
    setInterval(function () { if (current() && !asking) ask(0, true); }, KEEP_MS);
  }

  loaded().forEach(ready);
  if (current()) {
    rejecting.restore(current());
    map(current());
  } else isEnd = true;
  more();
})();
