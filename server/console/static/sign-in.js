// 扫码登录: shows a code, asks every two seconds whether the phone has confirmed it, makes a new one when it is over.
(function () {
  "use strict";
  var ASK_MS = 2000;
  var place = document.getElementById("scan");

  function show(words, again) {
    var line = document.createElement("p");
    line.className = "quiet";
    line.textContent = words;
    place.textContent = "";
    place.append(line);
    if (again) {
      var button = document.createElement("button");
      button.className = "act plain";
      button.textContent = "换一个登录码";
      button.addEventListener("click", begin);
      place.append(button);
    }
  }

  function post(path) {
    return fetch(path, { method: "POST", credentials: "same-origin" }).then(function (answer) {
      return answer.json().then(function (body) {
        if (!answer.ok) throw new Error(body.detail);
        body.at = Number(answer.headers.get("Server-Time")); // an office's computer may be days off
        return body;
      });
    });
  }

  function begin() {
    show("正在准备登录码…");
    post("/api/v1/console/scans").then(function (made) {
      place.innerHTML = made.qr_svg; // drawn by our own server
      var code = place.querySelector("svg");
      code.setAttribute("role", "img");
      code.setAttribute("aria-label", "登录码，请用小程序扫描");
      wait(made.code, Date.parse(made.expires_at) - made.at);
    }).catch(failed);
  }

  function wait(code, leftMs) {
    setTimeout(function () {
      if (leftMs < ASK_MS) return show("登录码已过期。", true);
      post("/api/v1/console/scans/" + encodeURIComponent(code) + "/claim").then(function (answer) {
        if (answer.state === "signed_in") location.replace(place.dataset.next);
        else wait(code, leftMs - ASK_MS);
      }).catch(failed);
    }, ASK_MS);
  }

  function failed(error) {
    show(error instanceof TypeError ? "没有网络，暂时不能显示登录码。" : error.message, true);
  }

  begin();
})();
