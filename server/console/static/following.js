// What takes long says what is being done, how far it is and for how long already. It is asked for as lines, of which the
// last is the answer (server/console/following.py); an answer that is none of these is taken as it is.
(function () {
  "use strict";
  var FOLLOW = "Zhudian-Follow";
  var CUT = "连接断了，不知道做完没有。请刷新页面看一看，再决定要不要重做。";

  // The words and the clock, and once there is a figure how far it is, with a bar where it is known of how many.
  function busy(words) {
    var place = document.getElementById("said"), began = Date.now();
    var line = document.createElement("p"), far = document.createElement("span"), bar = document.createElement("progress");
    line.className = "note busy";
    line.textContent = words + "…离开这个页面就看不到结果。";
    far.setAttribute("aria-hidden", "true"); // else it is read out every second
    bar.setAttribute("aria-label", words);
    bar.hidden = true;
    line.append(far, bar);
    if (place) place.append(line);
    var reached = "";
    function draw() { far.textContent = reached + "已 " + Math.round((Date.now() - began) / 1000) + " 秒"; }
    var timer = setInterval(draw, 1000);
    draw();
    return {
      show: function (at) {
        if (!at || !at.step) return;
        reached = at.step + " " + grouped(at.done) + (at.of ? " / " + grouped(at.of) : "") + " " + at.unit + "，";
        bar.hidden = !at.of;
        if (at.of) { bar.max = at.of; bar.value = at.done; }
        draw();
      },
      over: function () { clearInterval(timer); line.remove(); },
    };
  }

  function grouped(number) { return number.toLocaleString("zh-CN"); }

  // The newest whole line that has come, or null.
  function newest(xhr) {
    var text = xhr.responseText, end = text.lastIndexOf("\n");
    text = text.slice(0, end + 1).trim();
    try {
      return text ? JSON.parse(text.slice(text.lastIndexOf("\n") + 1)) : null;
    } catch (_) {
      return null; // broken off, or no line of ours
    }
  }

  function isFollowed(xhr) { return (xhr.getResponseHeader("Content-Type") || "").indexOf("application/x-ndjson") === 0; }

  function follow(xhr, words) {
    var line = busy(words);
    xhr.addEventListener("progress", function () { if (isFollowed(xhr)) line.show(newest(xhr)); });
    xhr.addEventListener("loadend", line.over);
  }

  // Its answer: {status, headers, text or base64}; of a stream that broke off there is none.
  function answerOf(xhr) {
    if (!isFollowed(xhr)) return { status: xhr.status, headers: {}, text: xhr.responseText };
    var last = newest(xhr);
    return last && last.status ? last : null;
  }

  // ---- forms and buttons with data-busy="…", which are the words

  document.addEventListener("htmx:configRequest", function (event) {
    if (event.detail.elt.hasAttribute("data-busy")) event.detail.headers[FOLLOW] = "1";
  });
  document.addEventListener("htmx:beforeRequest", function (event) {
    var words = event.detail.elt.getAttribute("data-busy");
    if (words) follow(event.detail.xhr, words);
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    var detail = event.detail;
    if (!isFollowed(detail.xhr)) return;
    var answer = answerOf(detail.xhr);
    detail.shouldSwap = !!answer && answer.status !== 204;
    if (!answer) return window.zhudian.say(CUT, "bad");
    detail.serverResponse = answer.text;
    if (answer.headers["HX-Retarget"]) detail.target = document.querySelector(answer.headers["HX-Retarget"]);
    if (answer.headers["HX-Reswap"]) detail.swapOverride = answer.headers["HX-Reswap"];
    var told = JSON.parse(answer.headers["HX-Trigger"] || "{}");
    if (told.said) document.dispatchEvent(new CustomEvent("said", { detail: told.said }));
  });
  document.addEventListener("htmx:sendError", function (event) {
    if (event.detail.elt.hasAttribute("data-busy")) window.zhudian.say(CUT, "bad");
  });

  // ---- <a data-sheet>: a workbook; without this it is a plain link

  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[data-sheet]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (link.getAttribute("aria-busy")) return;
    link.setAttribute("aria-busy", "true");
    var xhr = new XMLHttpRequest();
    xhr.open("GET", link.href);
    xhr.setRequestHeader("HX-Request", "true");
    xhr.setRequestHeader("HX-Current-URL", location.href);
    xhr.setRequestHeader(FOLLOW, "1");
    follow(xhr, "正在导出");
    xhr.addEventListener("load", function () { brought(xhr); });
    xhr.addEventListener("error", function () { window.zhudian.say("没有网络，没有导出；联网后再试一次。", "bad"); });
    xhr.addEventListener("loadend", function () { link.removeAttribute("aria-busy"); });
    xhr.send();
  });

  function brought(xhr) {
    var to = xhr.getResponseHeader("HX-Redirect"), answer = answerOf(xhr);
    if (to) return location.assign(to);
    if (answer && answer.base64) return keep(answer);
    if (!isFollowed(xhr) && !xhr.getResponseHeader("HX-Retarget")) answer = null; // a proxy's: no sentence of ours
    window.zhudian.say((answer && wordsOf(answer.text)) || "没有导出，请再试一次。", "bad");
  }

  function wordsOf(fragment) {
    return new DOMParser().parseFromString(fragment, "text/html").body.textContent.trim();
  }

  function keep(answer) {
    var bytes = Uint8Array.from(atob(answer.base64), function (letter) { return letter.charCodeAt(0); });
    var name = /filename="?([^";]+)/.exec(answer.headers["Content-Disposition"] || "");
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: answer.type }));
    link.download = name ? name[1] : "export.xlsx";
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
    window.zhudian.say("已导出，请在浏览器的下载里查看。");
  }
})();
