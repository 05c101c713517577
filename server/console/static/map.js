/* A map from the JSON in data-map: points by state, accuracy circles, fences; with tiles, or on a base of its own.

   Plain script for Chromium 80 and later; needs vendor/leaflet.js before it. What it shows also stands as a list in the
   page (maps.html), so nothing is lost without it. Coordinates come in the datum of the tiles: the server converts.

   data-map = {
     points: [{lat, lng, state, label, rows: [{state, text, href}], accuracy_m, counts: {accepted: 3, none: 1}, city}],
     fences: [{lat, lng, radius_m, label}],
     cities: [{name, lat, lng}],              names of the built-in base
     tiles: {url, attribution} | null,        null: the built-in base
     datum: "wgs84" | "gcj02" | "cgcs2000",
     picker: {lat, lng, datum, radius} | null  ids of the fields that a click fills in
   }
   A point with counts is a station: those too near to be told apart are drawn as one. */
(function () {
  "use strict";

  var SVG = "http://www.w3.org/2000/svg";
  var NEAR = { x: 46, y: 58 }; // pixels: two stations nearer than this, with their names below, are one mark
  var CLOSEST = 17;
  var ORDER = ["accepted", "half", "review", "rejected", "excused", "none"];
  var WORDS = {
    accepted: "通过",
    half: "半天",
    review: "待核",
    rejected: "驳回",
    excused: "已请假",
    none: "未打卡",
    idle: "今天不要求打卡",
  };
  /* One shape a state, on 24 × 24; map.css gives the colours. */
  var SHAPES = {
    accepted: [["circle", { cx: 12, cy: 12, r: 9 }], ["path", { d: "M7.5 12.5l3 3 6-6.5", class: "map-ink" }]],
    half: [["circle", { cx: 12, cy: 12, r: 9, class: "map-paper" }], ["path", { d: "M12 3a9 9 0 0 0 0 18z" }]],
    review: [["circle", { cx: 12, cy: 12, r: 9, class: "map-paper" }], ["path", { d: "M12 12V3a9 9 0 0 1 9 9z" }]],
    rejected: [["rect", { x: 4, y: 4, width: 16, height: 16, rx: 2 }], ["path", { d: "M8 8l8 8M16 8l-8 8", class: "map-ink" }]],
    excused: [["path", { d: "M12 2l10 10-10 10L2 12z", class: "map-paper" }]],
    none: [["circle", { cx: 12, cy: 12, r: 8, class: "map-paper" }]],
    idle: [["circle", { cx: 12, cy: 12, r: 4 }]],
    station: [["path", { d: "M12 3l9 8h-2v9h-5v-6h-4v6H5v-9H3z" }]],
    claimed: [["circle", { cx: 12, cy: 12, r: 8, class: "map-paper" }], ["circle", { cx: 12, cy: 12, r: 4 }]],
    exif: [["path", { d: "M3 7h4l2-3h6l2 3h4v13H3z" }], ["circle", { cx: 12, cy: 13, r: 4, class: "map-paper" }]],
  };

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function drawn(name, attributes) {
    var made = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) {
      made.setAttribute(key, attributes[key]);
    });
    return made;
  }

  function mark(state) {
    var svg = drawn("svg", { viewBox: "0 0 24 24", class: "map-mark map-" + state, "aria-hidden": "true" });
    (SHAPES[state] || SHAPES.none).forEach(function (part) {
      svg.appendChild(drawn(part[0], part[1]));
    });
    return svg;
  }

  /* A ring with an arc a state: solid what is there, dashed what waits, thin what is not; in the middle how many of
     those who are not on leave are there. */
  function ring(counts) {
    var total = sum(counts, ORDER);
    var there = sum(counts, ["accepted", "half", "review"]);
    var due = there + sum(counts, ["rejected", "none"]);
    var svg = drawn("svg", { viewBox: "0 0 44 44", class: "map-ring", "aria-hidden": "true" });
    svg.appendChild(drawn("circle", { cx: 22, cy: 22, r: 20, class: "map-ring-paper" }));
    var from = 0;
    ORDER.forEach(function (state) {
      var share = (counts[state] || 0) / Math.max(1, total);
      if (!share) return;
      svg.appendChild(drawn("path", { d: arc(from, from + share), class: "map-arc map-arc-" + state }));
      from += share;
    });
    var said = due ? there + "/" + due : total ? "假" : "–";
    var text = drawn("text", { x: 22, y: 26, class: said.length > 4 ? "map-ring-text map-ring-long" : "map-ring-text" });
    text.textContent = said;
    svg.appendChild(text);
    return svg;
  }

  function ringed(points, counts) {
    var box = element("span", "map-station");
    box.appendChild(ring(counts));
    var cities = points
      .map(function (point) {
        return point.city || point.label;
      })
      .filter(function (city, i, all) {
        return all.indexOf(city) === i;
      });
    box.appendChild(element("span", "map-name", cities[0] + (cities.length > 1 ? "等 " + cities.length + " 地" : "")));
    return box;
  }

  function arc(from, to) {
    if (to - from > 0.9999) return "M22 4a18 18 0 1 1 0 36a18 18 0 1 1 0-36";
    function at(share) {
      var turn = 2 * Math.PI * share;
      return (22 + 18 * Math.sin(turn)).toFixed(2) + " " + (22 - 18 * Math.cos(turn)).toFixed(2);
    }
    return "M" + at(from) + "A18 18 0 " + (to - from > 0.5 ? 1 : 0) + " 1 " + at(to);
  }

  function sum(counts, states) {
    return states.reduce(function (all, state) {
      return all + (counts[state] || 0);
    }, 0);
  }

  function inWords(counts) {
    return ORDER.filter(function (state) {
      return counts[state];
    })
      .map(function (state) {
        return WORDS[state] + " " + counts[state] + " 人";
      })
      .join("，");
  }

  function icon(content, size) {
    return L.divIcon({ html: content, className: "map-icon", iconSize: [size, size], iconAnchor: [size / 2, size / 2] });
  }

  /* Text nodes only: whatever somebody is called, it is never read as HTML. */
  function popup(points) {
    var box = element("div", "map-popup");
    points.forEach(function (point) {
      box.appendChild(element("strong", "map-popup-title", point.label));
      if (point.counts) box.appendChild(element("p", "map-popup-sum", inWords(point.counts)));
      var list = element("ul", "map-popup-rows");
      (point.rows || []).forEach(function (row) {
        var item = element("li");
        if (row.state) item.appendChild(mark(row.state));
        var said = row.href ? element("a", "", row.text) : element("span", "", row.text);
        if (row.href) said.setAttribute("href", row.href);
        item.appendChild(said);
        list.appendChild(item);
      });
      if (list.firstChild) box.appendChild(list);
    });
    return box;
  }

  function place(map, at, content, size, said, points) {
    var marker = L.marker(at, { icon: icon(content, size), riseOnHover: true, title: said });
    marker.on("add", function () {
      marker.getElement().setAttribute("aria-label", said);
    });
    marker.bindPopup(function () {
      return popup(points);
    }, { maxWidth: 320, maxHeight: 280, autoPanPadding: [16, 16] });
    return marker.addTo(map);
  }

  /* Stations that cannot be told apart at this zoom, put together; greedy, which is enough for a thousand. */
  function gathered(map, points) {
    var groups = [];
    points.forEach(function (point) {
      var at = map.latLngToLayerPoint([point.lat, point.lng]);
      var near = groups.filter(function (group) {
        return Math.abs(group.at.x - at.x) < NEAR.x && Math.abs(group.at.y - at.y) < NEAR.y;
      })[0];
      if (near) near.points.push(point);
      else groups.push({ at: at, points: [point] });
    });
    return groups;
  }

  function added(points) {
    var counts = {};
    points.forEach(function (point) {
      Object.keys(point.counts).forEach(function (state) {
        counts[state] = (counts[state] || 0) + point.counts[state];
      });
    });
    return counts;
  }

  function stations(map, points) {
    var layer = L.layerGroup().addTo(map);
    function draw() {
      layer.clearLayers();
      gathered(map, points).forEach(function (group) {
        var counts = added(group.points);
        var names = group.points.map(function (point) {
          return point.label;
        });
        var named = names.slice(0, 3).join("、") + (names.length > 3 ? "等 " + names.length + " 个驻点" : "");
        var said = named + "：" + (inWords(counts) || "今天没有人派驻");
        var at = map.layerPointToLatLng(group.at);
        place(layer, at, ringed(group.points, counts), 44, said, group.points);
      });
    }
    map.on("zoomend", draw);
    draw();
  }

  function singles(map, points) {
    points.forEach(function (point) {
      if (point.accuracy_m) {
        L.circle([point.lat, point.lng], {
          radius: point.accuracy_m,
          className: "map-accuracy map-accuracy-" + point.state,
          interactive: false,
        }).addTo(map);
      }
      place(map, [point.lat, point.lng], mark(point.state), 28, point.label, [point]);
    });
  }

  function fences(map, all) {
    all.forEach(function (fence) {
      L.circle([fence.lat, fence.lng], { radius: fence.radius_m, className: "map-fence", interactive: false }).addTo(map);
    });
  }

  /* The base of its own: meridians and parallels with their degrees, and the names of cities we know. */
  function base(map, cities) {
    var lines = L.layerGroup().addTo(map);
    function draw() {
      lines.clearLayers();
      var bounds = map.getBounds();
      var step = stepOf(bounds.getEast() - bounds.getWest(), map.getSize().x);
      graticule(lines, bounds, step);
      names(map, lines, cities);
    }
    map.on("moveend zoomend resize", draw);
    draw();
  }

  function stepOf(degrees, pixels) {
    var wanted = (degrees / Math.max(1, pixels)) * 130;
    var steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30];
    return steps.filter(function (step) {
      return step >= wanted;
    })[0] || 30;
  }

  function graticule(layer, bounds, step) {
    var digits = step < 0.01 ? 3 : step < 0.1 ? 2 : step < 1 ? 1 : 0;
    var south = Math.max(-85, bounds.getSouth()), north = Math.min(85, bounds.getNorth());
    for (var i = Math.ceil(bounds.getWest() / step); i * step <= bounds.getEast(); i++) {
      line(layer, [[south, i * step], [north, i * step]]);
      label(layer, [north, i * step], degreesOf(i * step, digits, "东经", "西经"), "map-grid-top");
    }
    for (var j = Math.ceil(south / step); j * step <= north; j++) {
      line(layer, [[j * step, bounds.getWest()], [j * step, bounds.getEast()]]);
      label(layer, [j * step, bounds.getEast()], degreesOf(j * step, digits, "北纬", "南纬"), "map-grid-right");
    }
  }

  function degreesOf(value, digits, positive, negative) {
    var turned = ((((value + 180) % 360) + 360) % 360) - 180;
    var shown = positive === "东经" ? turned : value;
    return (shown < 0 ? negative : positive) + Math.abs(shown).toFixed(digits) + "°";
  }

  function line(layer, ends) {
    L.polyline(ends, { className: "map-grid", interactive: false, smoothFactor: 0 }).addTo(layer);
  }

  function label(layer, at, text, className) {
    var words = element("span", className, text);
    L.marker(at, { icon: icon(words, 0), interactive: false, keyboard: false, zIndexOffset: -2000 }).addTo(layer);
  }

  function names(map, layer, cities) {
    var taken = [];
    cities.forEach(function (city) {
      var at = map.latLngToContainerPoint([city.lat, city.lng]);
      var width = city.name.length * 14 + 12;
      var clash = taken.some(function (other) {
        return at.x < other.x + other.width && other.x < at.x + width && Math.abs(other.y - at.y) < 18;
      });
      if (clash) return;
      taken.push({ x: at.x, y: at.y, width: width });
      label(layer, [city.lat, city.lng], city.name, "map-city");
    });
  }

  /* A click, or the button for those who use no mouse, fills in the fields of a form. */
  function pick(map, root, data) {
    var fields = {};
    Object.keys(data.picker).forEach(function (name) {
      fields[name] = document.getElementById(data.picker[name]);
    });
    var shown = L.layerGroup().addTo(map);
    function draw() {
      shown.clearLayers();
      var lat = parseFloat(fields.lat.value), lng = parseFloat(fields.lng.value);
      if (!isFinite(lat) || !isFinite(lng) || (fields.datum && fields.datum.value !== told(data.datum))) return;
      var radius = fields.radius ? parseFloat(fields.radius.value) : NaN;
      if (radius > 0) fences(shown, [{ lat: lat, lng: lng, radius_m: radius }]);
      place(shown, [lat, lng], mark("station"), 28, "所选的驻点", [{ label: "所选的驻点" }]);
    }
    function take(at) {
      fields.lat.value = at.lat.toFixed(6);
      fields.lng.value = at.wrap().lng.toFixed(6);
      if (fields.datum) fields.datum.value = told(data.datum);
      draw();
      [fields.lat, fields.lng, fields.datum].filter(Boolean).forEach(function (field) {
        field.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
    map.on("click", function (event) {
      take(event.latlng);
    });
    var button = element("button", "map-centre", "取地图中心为驻点");
    button.type = "button";
    button.addEventListener("click", function () {
      take(map.getCenter());
    });
    root.parentNode.insertBefore(button, root.nextSibling);
    Object.keys(fields).forEach(function (name) {
      if (fields[name]) fields[name].addEventListener("input", draw);
    });
    draw();
    shown.eachLayer(function (layer) {
      if (layer instanceof L.Marker) map.setView(layer.getLatLng(), 14, { animate: false });
    });
    root.classList.add("map-picking");
  }

  /* CGCS2000 is WGS-84 within decimetres, and a form knows the two datums that phones know. */
  function told(datum) {
    return datum === "gcj02" ? "gcj02" : "wgs84";
  }

  function look(map, data) {
    var all = L.latLngBounds([]);
    data.points.forEach(function (point) {
      all.extend([point.lat, point.lng]);
      if (point.accuracy_m && !point.counts) all.extend(L.latLng(point.lat, point.lng).toBounds(point.accuracy_m * 2));
    });
    data.fences.forEach(function (fence) {
      all.extend(L.latLng(fence.lat, fence.lng).toBounds(fence.radius_m * 2));
    });
    if (!all.isValid()) {
      (data.cities || []).forEach(function (city) {
        all.extend([city.lat, city.lng]);
      });
    }
    if (all.isValid()) map.fitBounds(all, { padding: [36, 36], maxZoom: 16, animate: false });
    else map.setView([33, 110], 4, { animate: false });
  }

  function enhance(root) {
    if (root.zhudianMap || typeof L === "undefined") return;
    var data = JSON.parse(root.getAttribute("data-map"));
    var calm = window.matchMedia && window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    var map = L.map(root, {
      zoomControl: false,
      minZoom: 2,
      maxZoom: CLOSEST,
      zoomSnap: data.tiles ? 1 : 0.25, // tiles are sharp at whole steps only
      zoomAnimation: !calm,
      fadeAnimation: !calm,
      markerZoomAnimation: !calm,
      inertia: !calm,
      scrollWheelZoom: root.hasAttribute("data-wheel"),
    });
    root.zhudianMap = map;
    map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
    map.on("popupopen", function (event) {
      var close = event.popup.getElement().querySelector(".leaflet-popup-close-button");
      if (close) close.setAttribute("aria-label", "关闭");
    });
    look(map, data);
    if (data.tiles) L.tileLayer(data.tiles.url, { attribution: data.tiles.attribution, maxZoom: CLOSEST }).addTo(map);
    else base(map, data.cities || []);
    root.classList.add(data.tiles ? "map-tiled" : "map-plain");
    fences(map, data.fences);
    stations(map, data.points.filter(function (point) { return point.counts; }));
    singles(map, data.points.filter(function (point) { return !point.counts; }));
    if (data.picker) pick(map, root, data);
    root.zhudianRefit = function () {
      map.invalidateSize({ animate: false, pan: false });
      look(map, data);
    };
  }

  function all(within, then) {
    if (within.matches && within.matches("[data-map]")) then(within);
    within.querySelectorAll("[data-map]").forEach(then);
  }

  function start() {
    all(document, enhance);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:load", function (event) {
    all(event.target, enhance);
  });
  document.addEventListener("htmx:beforeCleanupElement", function (event) {
    all(event.target, function (root) {
      if (root.zhudianMap) root.zhudianMap.remove();
      root.zhudianMap = null;
    });
  });
})();
