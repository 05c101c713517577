// Writing: a rejection with a reason by its number and a suggested sentence, and a comment. What is half written survives
// a reload (sessionStorage). What is then decided is review.js's.
(function () {
  "use strict";
  var rulings = window.zhudian.rejecting = { open: open, close: close, restore: restore, forget: forget, key: key };

  function form(article) { return article && article.querySelector(".reject"); }

  function open(article) {
    var words = form(article);
    if (!words || article.dataset.done) return;
    draw(words, true);
    (words.querySelector("input:checked") || words.querySelector("input")).focus();
  }

  // Whether there was one to close.
  function close(article) {
    var words = form(article);
    if (words) draw(words, false);
    return !!words;
  }

  // Where there is little room its buttons take the place of the others.
  function draw(words, is) {
    words.hidden = !is;
    words.parentNode.classList.toggle("writing", is);
  }

  function choose(words, number) {
    var radios = words.querySelectorAll("input[type=radio]");
    if (!radios[number - 1]) return;
    radios[number - 1].checked = true;
    suggest(words, radios[number - 1]);
    words.querySelector("textarea").focus();
  }

  // The suggested sentence, unless the reviewer has written another.
  function suggest(words, radio) {
    var text = words.querySelector("textarea");
    var suggested = Array.prototype.map.call(words.querySelectorAll("input"), function (one) { return one.dataset.sentence; });
    if (!text.value || suggested.indexOf(text.value) >= 0) text.value = radio.dataset.sentence || "";
    store(words);
  }

  // ---- kept, by the check-in and what is written: "reject" or "comment"

  function keep(article, what, draft) {
    try { sessionStorage.setItem(what + ":" + article.dataset.id, JSON.stringify(draft)); } catch (full) { /* then it is not kept */ }
  }

  function kept(article, what) {
    try { return JSON.parse(sessionStorage.getItem(what + ":" + article.dataset.id)); } catch (broken) { return null; }
  }

  function drop(article, what) {
    try { sessionStorage.removeItem(what + ":" + article.dataset.id); } catch (none) { /* nothing was kept */ }
  }

  function store(words) {
    var chosen = words.querySelector("input:checked");
    keep(words.closest(".item"), "reject", { code: chosen ? chosen.value : "", text: words.querySelector("textarea").value });
  }

  function restore(article) {
    var comment = article.querySelector(".comment textarea");
    if (comment && !comment.value && (comment.value = kept(article, "comment") || "")) article.querySelector(".talk").open = true;
    resume(form(article), kept(article, "reject"));
  }

  function resume(words, kept) {
    if (!words || !kept || !(kept.code || kept.text)) return;
    words.querySelectorAll("input").forEach(function (one) { one.checked = one.value === kept.code; });
    words.querySelector("textarea").value = kept.text;
    draw(words, true);
  }

  function forget(article) { drop(article, "reject"); }

  // Whether the key was pressed in an open form, and so is no key of the desk's.
  function key(article, event) {
    var words = form(article);
    if (!words || words.hidden || !words.contains(event.target)) return false;
    if (!event.isComposing) written(words, event);
    return true;
  }

  function written(words, event) {
    if (event.key === "Escape") {
      event.preventDefault();
      return rulings.closed();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return words.requestSubmit ? words.requestSubmit() : words.querySelector(".strong").click();
    }
    if (event.target.type !== "radio" || event.ctrlKey || event.altKey) return;
    if (/^[1-9]$/.test(event.key)) {
      event.preventDefault();
      choose(words, Number(event.key));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(words, Array.prototype.indexOf.call(words.querySelectorAll("input"), event.target) + 1);
    }
  }

  document.addEventListener("input", function (event) {
    var words = event.target.closest && event.target.closest(".reject");
    if (words && event.target.tagName === "TEXTAREA") store(words);
    var comment = event.target.closest && event.target.closest(".comment");
    if (comment) keep(comment.closest(".item"), "comment", event.target.value);
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    var sent = event.detail.requestConfig.elt;
    if (sent.matches(".comment") && event.detail.xhr.status < 300) drop(sent.closest(".item"), "comment");
  });
  document.addEventListener("change", function (event) {
    var words = event.target.closest && event.target.closest(".reject");
    if (words && event.target.type === "radio") suggest(words, event.target);
  });
  document.addEventListener("submit", function (event) {
    if (!event.target.classList.contains("reject")) return;
    event.preventDefault();
    var chosen = event.target.querySelector("input:checked");
    var reason = event.target.querySelector("textarea").value.trim();
    if (!chosen || !reason) return window.zhudian.say("驳回须选择原因，并写一句给队员的话。", "bad");
    rulings.decide({ decision: "rejected", code: chosen.value, reason: reason });
  });
})();
