/* The review desk: the next check-in is there before its decision is sent, and comes back if the server refuses.

   #stage shows one <article class="item">, #later holds those that are loaded. A decision swaps first and is sent in the
   background; what is half written survives a reload (sessionStorage). Plain script for Chromium 80 and later. */
(function () {
  "use strict";
  var UNDO_MS = 10000;
  var AHEAD = 2;
  var API = "/api/v1/checkins/";

  var desk = document.getElementById("desk");
  if (!desk) return;
  var stage = document.getElementById("stage"), later = document.getElementById("later");
  var nothing = document.getElementById("nothing"), fetching = document.getElementById("fetching");
  var undoPlace = document.getElementById("undo"), help = document.getElementById("help");
  var filters = JSON.parse(desk.dataset.filters || "{}");
  var past = [], left = [], seen = [], skipped = 0;
  var last = null; // the decision that can be taken back
  var asking = null, isEnd = !desk.dataset.next;

  function current() { return stage.querySelector(".item"); }
  function loaded() { return Array.prototype.slice.call(later.children); }
  function say(text, kind) { window.zhudian.say(text, kind); }

  // ---- what is seen

  function show(article) {
    nothing.hidden = true;
    fetching.hidden = true;
    stage.insertBefore(article, stage.firstChild);
    remember(article);
    restore(article);
    if (desk.dataset.next) history.replaceState(null, "", address(article));
    if (document.activeElement === document.body || !document.contains(document.activeElement)) focusDesk();
    // The map is drawn once the photo and the words are on the screen.
    requestAnimationFrame(function () { setTimeout(function () { map(article); }, 0); });
  }

  function address(article) {
    var query = new URLSearchParams(filters).toString();
    return "/console/review/" + article.dataset.id + (query ? "?" + query : "");
  }

  function remember(article) {
    if (seen.indexOf(article.dataset.id) < 0) seen.push(article.dataset.id);
  }

  function map(article) {
    var place = article.querySelector("[data-map-later]");
    if (!place || !article.isConnected || article.parentNode !== stage) return;
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
    else if (isEnd) end();
    else fetching.hidden = false;
    if (!later.children.length) more();
  }

  function end() {
    fetching.hidden = true;
    nothing.hidden = false;
    document.getElementById("skipped").hidden = !skipped;
    if (desk.dataset.next) history.replaceState(null, "", "/console/review" + location.search);
  }

  function away() {
    var article = current();
    if (article) article.remove();
    return article;
  }

  // ---- what comes then

  // One more where fewer than AHEAD are loaded; the strip and the sums with it.
  function more() {
    if (!asking && !isEnd && later.children.length < AHEAD) ask(1);
  }

  function ask(many) {
    var body = new URLSearchParams(filters);
    body.set("have", seen.concat(loaded().map(function (one) { return one.dataset.id; })).slice(-200).join(","));
    body.set("left", left.join(","));
    body.set("keep", [current()].concat(loaded()).filter(function (one) { return one && one.dataset.decide && !one.dataset.done; }).map(function (one) { return one.dataset.id; }).join(","));
    body.set("many", String(many));
    left = [];
    asking = fetch(desk.dataset.next, { method: "POST", body: body, headers: { "HX-Request": "true" } })
      .then(function (answer) { return answer.text().then(function (text) { return taken(answer, text, many); }); })
      .catch(function () { return false; })
      .then(function (came) {
        asking = null;
        if (came) more();
        else if (many && !current() && !later.children.length && !isEnd) lost();
      });
  }

  function taken(answer, text, many) {
    if (answer.status === 401) location.assign("/console/sign-in?next=" + encodeURIComponent(location.pathname + location.search));
    if (!answer.ok) return false;
    var box = new DOMParser().parseFromString(text, "text/html");
    var article = box.querySelector(".item");
    put("strip", box.querySelector(".strip-now"));
    put("progress", box.querySelector(".progress-now"));
    if (!many) return false;
    if (!article) {
      isEnd = true;
      if (!current()) end();
      return false;
    }
    article = document.importNode(article, true);
    remember(article);
    later.appendChild(article);
    ready(article);
    if (!current()) forward();
    return true;
  }

  function put(id, from) {
    var place = document.getElementById(id);
    if (place && from) place.innerHTML = from.innerHTML;
  }

  function lost() {
    fetching.hidden = true;
    say("没有网络，取不到下一条；联网后刷新页面，已经提交的不会丢。", "bad");
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
    if (!article || !article.dataset.decide || article.dataset.done) return;
    if (article.dataset.beside) ruling.beside = article.dataset.beside;
    article.dataset.done = ruling.decision;
    away();
    past.push(article);
    last = { article: article, decision: ruling.decision, at: Date.now(), sent: null };
    last.sent = send(article, ruling);
    last.sent.then(function () {
      isEnd = !desk.dataset.next; // somebody may have checked in since
      more();
    });
    offer(last);
    forward();
  }

  function send(article, ruling) {
    var given = { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" } };
    given.body = JSON.stringify(ruling);
    return fetch(API + article.dataset.id + "/reviews", given).then(read).then(
      function (body) {
        forget(article);
        article.dataset.review = body.review.id;
        settle(article, ruling.decision);
        return body;
      },
      function (problem) {
        refused(article, problem);
        return null;
      }
    );
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

  // Nothing is lost in silence: it is the next one again, with the sentence; but what somebody else decided is decided.
  function refused(article, problem) {
    delete article.dataset.done;
    past = past.filter(function (one) { return one !== article; });
    if (last && last.article === article) clear();
    var why = problem.detail || "没有网络，结论没有保存。";
    if (problem.status === 409 && problem.code === "already_decided") {
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

  // ---- taking back

  function offer(done) {
    undoPlace.textContent = "";
    var words = document.createElement("span"), button = document.createElement("button");
    words.textContent = (done.decision === "accepted" ? "已通过：" : "已驳回：") + done.article.dataset.said + "。10 秒内可以撤销，之后通知队员。";
    button.type = "button";
    button.className = "act plain";
    button.dataset.do = "undo";
    button.innerHTML = "撤销<kbd>U</kbd>";
    undoPlace.append(words, button);
    setTimeout(function () { if (last === done) clear(); }, UNDO_MS);
  }

  function clear() {
    last = null;
    undoPlace.textContent = "";
  }

  function undo() {
    var done = last;
    if (!done) return;
    clear();
    done.sent.then(function (body) {
      if (!body) return; // it was refused, and is back already
      var path = API + done.article.dataset.id + "/reviews/" + body.review.id;
      fetch(path, { method: "DELETE", keepalive: true }).then(read).then(
        function () { back(done.article); },
        function (problem) { say(problem.detail || "没有网络，没有撤销。", "bad"); }
      );
    });
  }

  function back(article) {
    delete article.dataset.done;
    delete article.dataset.review;
    article.querySelector(".verdict").hidden = true;
    article.querySelectorAll('[data-do="accept"], [data-do="reject"]').forEach(function (one) { one.disabled = false; });
    past = past.filter(function (one) { return one !== article; });
    var other = away();
    if (other) later.insertBefore(other, later.firstChild);
    show(article);
    say("已撤销，队员没有收到通知。");
    if (!asking) ask(0);
  }

  // ---- going past and back

  function skip() {
    var article = current();
    if (!article || (!later.children.length && isEnd && !desk.dataset.next)) return;
    away();
    past.push(article);
    if (article.dataset.decide && !article.dataset.done) {
      skipped += 1;
      left.push(article.dataset.id);
    }
    forward();
    more();
  }

  function previous() {
    if (!past.length) return;
    var other = away();
    if (other) later.insertBefore(other, later.firstChild);
    var article = past.pop();
    left = left.filter(function (id) { return id !== article.dataset.id; });
    show(article);
    if (!article.dataset.done) Promise.resolve(asking).then(function () { ask(0); }); // it is claimed again
  }

  // ---- rejecting

  function form() { var article = current(); return article && article.querySelector(".reject"); }

  function reject() {
    var article = current(), open = form();
    if (!open || article.dataset.done) return;
    open.hidden = false;
    (open.querySelector("input:checked") || open.querySelector("input")).focus();
  }

  function keep() {
    var open = form();
    if (!open) return;
    open.hidden = true;
    focusDesk();
  }

  function choose(number) {
    var open = form(), radios = open.querySelectorAll("input[type=radio]");
    if (!radios[number - 1]) return;
    radios[number - 1].checked = true;
    suggest(open, radios[number - 1]);
    open.querySelector("textarea").focus();
  }

  // The suggested sentence, unless the reviewer has written another.
  function suggest(open, radio) {
    var words = open.querySelector("textarea");
    var suggested = Array.prototype.map.call(open.querySelectorAll("input"), function (one) { return one.dataset.sentence; });
    if (!words.value || suggested.indexOf(words.value) >= 0) words.value = radio.dataset.sentence || "";
    store(open);
  }

  function draftOf(article) { return "reject:" + article.dataset.id; }

  function store(open) {
    var chosen = open.querySelector("input:checked");
    var draft = { code: chosen ? chosen.value : "", text: open.querySelector("textarea").value };
    try { sessionStorage.setItem(draftOf(open.closest(".item")), JSON.stringify(draft)); } catch (full) { /* then it is not kept */ }
  }

  function restore(article) {
    var open = article.querySelector(".reject"), kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(draftOf(article))); } catch (broken) { /* none */ }
    if (!open || !kept || !(kept.code || kept.text)) return;
    open.querySelectorAll("input").forEach(function (one) { one.checked = one.value === kept.code; });
    open.querySelector("textarea").value = kept.text;
    open.hidden = false;
  }

  function forget(article) {
    try { sessionStorage.removeItem(draftOf(article)); } catch (none) { /* nothing was kept */ }
  }

  document.addEventListener("input", function (event) {
    var open = event.target.closest && event.target.closest(".reject");
    if (open && event.target.tagName === "TEXTAREA") store(open);
  });
  document.addEventListener("change", function (event) {
    var open = event.target.closest && event.target.closest(".reject");
    if (open && event.target.type === "radio") suggest(open, event.target);
  });
  document.addEventListener("submit", function (event) {
    if (!event.target.classList.contains("reject")) return;
    event.preventDefault();
    var chosen = event.target.querySelector("input:checked");
    var reason = event.target.querySelector("textarea").value.trim();
    if (!chosen || !reason) return say("驳回须选择原因，并写一句给队员的话。", "bad");
    decide({ decision: "rejected", code: chosen.value, reason: reason });
  });

  // ---- keys and buttons

  var photo = window.zhudian.photo;
  var DO = {
    accept: function () { decide({ decision: "accepted" }); },
    reject: reject, keep: keep, undo: undo, skip: skip, back: previous,
    zoom: on(photo.zoom), turn: on(photo.turn), compare: on(photo.compare), exif: on(photo.exif),
    note: function () { var words = current() && current().querySelector(".comment textarea"); if (words) words.focus(); },
    help: function () { if (!help.open) help.showModal(); },
    "close-help": function () { help.close(); },
    reload: function () { location.assign("/console/review" + location.search); },
  };
  var KEYS = { a: "accept", r: "reject", u: "undo", j: "skip", k: "back", z: "zoom", o: "turn", c: "compare", e: "exif", m: "note", "?": "help", "？": "help" };
  var ARROWS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

  function on(act) { return function () { if (current()) act(current()); }; }

  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-do]");
    if (button && !button.disabled && DO[button.dataset.do]) DO[button.dataset.do]();
  });

  document.addEventListener("keydown", function (event) {
    var writes = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName), open = form();
    if (open && !open.hidden && open.contains(event.target)) return rejecting(event, open);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
    if (writes) {
      if (event.key === "Escape") focusDesk();
      return;
    }
    if (event.key === "Escape") return keep();
    if (ARROWS[event.key] && current() && photo.move(current(), ARROWS[event.key][0], ARROWS[event.key][1])) return event.preventDefault();
    if (event.target.closest(".map") || event.repeat) return;
    var name = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    // While a rejection is being written, one key must not accept, nor leave it behind.
    if (!name || (open && !open.hidden && /^(accept|skip|back)$/.test(name))) return;
    event.preventDefault();
    DO[name]();
  });

  function rejecting(event, open) {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      return keep();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return open.requestSubmit ? open.requestSubmit() : open.querySelector(".strong").click();
    }
    if (event.target.type !== "radio" || event.ctrlKey || event.altKey) return;
    if (/^[1-9]$/.test(event.key)) {
      event.preventDefault();
      choose(Number(event.key));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(Array.prototype.indexOf.call(open.querySelectorAll("input"), event.target) + 1);
    }
  }

  // What is before the reviewer stays theirs, however long they look.
  setInterval(function () { if (current() && !asking && desk.dataset.next) ask(0); }, 120000);

  // ---- begin
  loaded().forEach(ready);
  if (current()) {
    remember(current());
    restore(current());
    map(current());
  } else if (!later.children.length) isEnd = true;
  loaded().forEach(remember);
  more();
})();
