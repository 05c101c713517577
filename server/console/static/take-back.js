// What was decided together is taken back together: by the button or by U, as long as the server still holds the notices.
(function () {
  "use strict";
  var form = document.querySelector("[data-take-back]");
  if (!form) return;
  var until = Date.now() + Number(form.dataset.takeBack) * 1000, words = form.querySelector("span"), left = form.querySelector("b");

  var beat = setInterval(function () {
    var seconds = Math.ceil((until - Date.now()) / 1000);
    if (seconds > 0) return (left.textContent = seconds);
    clearInterval(beat);
    form.querySelector("button").disabled = true;
    words.textContent = "已通知队员；如需更改，请打开后重新复核。";
  }, 1000);

  document.addEventListener("keydown", function (event) {
    if (event.key.toLowerCase() !== "u" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    var button = form.querySelector("button");
    if (!button.disabled) button.click();
  });
})();
