// What every page does: says what was done, what failed, and asks before what cannot be taken back.
(function () {
  "use strict";
  var GONE_MS = 6000;

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

  document.addEventListener("said", function (event) { say(event.detail.text); });
  // A request that no answer came to: nothing is known to be saved.
  document.addEventListener("htmx:sendError", function () { say("没有网络，没有保存；联网后再试一次。", "bad"); });
  document.addEventListener("htmx:timeout", function () { say("等了太久没有回应，请再试一次。", "bad"); });
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

  // A page that was brought in whole begins at its top, for eyes and for readers alike.
  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.target.id !== "main") return;
    window.scrollTo(0, 0);
    event.target.focus({ preventScroll: true });
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

  window.zhudian = { say: say, ask: ask };
})();
