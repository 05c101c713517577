// What every page does: says what was done, what failed, and asks before what cannot be taken back.
(function () {
  "use strict";
  var GONE_MS = 6000;
  var SAID = "zhudian-said";

  function say(text, kind) {
    var place = document.getElementById("said");
    if (!place) return;
    var line = document.createElement("p");
    line.className = "note " + (kind || "good");
    line.textContent = text;
    place.textContent = "";
    place.append(line);
    if (kind !== "bad") setTimeout(function () { line.remove(); }, GONE_MS);
  }

  // What was done is said on the page that follows, which is loaded whole, with its own scripts and styles.
  document.addEventListener("said", function (event) {
    if (!event.detail.to) return say(event.detail.text);
    sessionStorage.setItem(SAID, event.detail.text);
    location.assign(event.detail.to);
  });
  var waiting = sessionStorage.getItem(SAID);
  if (waiting) {
    sessionStorage.removeItem(SAID);
    say(waiting);
  }

  // What was asked and not answered may have been done, or not: nobody here knows.
  var UNKNOWN = "没有收到答复，可能已经存上；请刷新看看再决定要不要再点。";
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var asked = event.detail.requestConfig;
      say(asked && asked.verb === "get" ? "没有收到答复，请再试一次。" : UNKNOWN, "bad");
    });
  });
  document.addEventListener("htmx:beforeRequest", function () {
    var bad = document.querySelector("#said .bad");
    if (bad) bad.remove();
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.xhr && event.detail.xhr.status >= 400) {
      var place = document.getElementById("said");
      if (place && place.scrollIntoView) place.scrollIntoView({ block: "nearest" });
    }
  });

  // An error that names no place is none of ours: a proxy's page or problem. It takes no place on the page.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var xhr = event.detail.xhr;
    if (xhr.status < 400 || xhr.getResponseHeader("HX-Retarget") || xhr.getResponseHeader("HX-Redirect")) return;
    event.detail.shouldSwap = false;
    say(strange(xhr), "bad");
  });

  function strange(xhr) {
    var detail = "";
    try { detail = JSON.parse(xhr.responseText).detail || ""; } catch (_) { /* a page of HTML */ }
    return detail + UNKNOWN;
  }

  // One form is sent once until its answer is there; htmx would send the second click's after it. What takes long, likewise.
  document.addEventListener("htmx:confirm", function (event) {
    if (event.target.zhudianEnd) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  });
  document.addEventListener("htmx:beforeRequest", function (event) {
    var sent = event.detail.elt;
    if (!sent.hasAttribute("data-busy") && (sent.tagName !== "FORM" || sent.method !== "post")) return;
    sent.setAttribute("aria-busy", "true");
    sent.zhudianEnd = function () { sent.removeAttribute("aria-busy"); delete sent.zhudianEnd; };
  });
  ["htmx:afterRequest", "htmx:sendError", "htmx:sendAbort", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var sent = event.detail.elt;
      if (sent && sent.zhudianEnd) sent.zhudianEnd();
    });
  });

  // <form data-ask="…">: asked in a dialog of ours, which a keyboard can answer.
  document.addEventListener("htmx:confirm", function (event) {
    var words = event.target.getAttribute("data-ask");
    if (!words) return;
    event.preventDefault();
    ask(words, event.target.getAttribute("data-yes") || "确定", function () { event.detail.issueRequest(true); });
  });

  function ask(words, yes, then) {
    var dialog = document.createElement("dialog");
    var text = document.createElement("p");
    var row = document.createElement("div");
    var no = document.createElement("button");
    var go = document.createElement("button");
    text.textContent = words;
    row.className = "dialog-acts";
    no.className = "act plain";
    no.type = go.type = "button";
    no.textContent = "取消";
    go.className = "act";
    go.textContent = yes;
    row.append(no, go);
    dialog.append(text, row);
    document.body.append(dialog);
    function close() { dialog.close(); dialog.remove(); }
    no.addEventListener("click", close);
    dialog.addEventListener("cancel", function () { dialog.remove(); });
    go.addEventListener("click", function () { close(); then(); });
    dialog.showModal();
    no.focus();
  }

  // A table that is wider than its place is moved by the arrow keys too.
  function reachable() {
    document.querySelectorAll(".scroll").forEach(function (box) {
      if (box.scrollWidth <= box.clientWidth) return box.removeAttribute("tabindex");
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "可左右滚动的表格");
    });
  }
  window.addEventListener("resize", reachable);
  document.addEventListener("htmx:load", reachable);
  document.addEventListener("toggle", reachable, true); // what was folded has a width now
  reachable();

  window.zhudian = { say: say, ask: ask };
})();
