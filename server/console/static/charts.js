/* Charts from the JSON in data-chart, over vendor/echarts.common.min.js. Each has its figures in a table beside it, which
   is what is read without a chart; `role="img"` and its aria-label say in a sentence what it shows.

   lines: {kind: "lines", dates: [], line: {name, values}, series: [{name, values, behind}]}: shares in per cent
   bars:  {kind: "bars", names: [], confirmed: [], excused: [], pending: [], target: []}: days a row, the target as a stroke */
(function () {
  "use strict";
  var LABEL_PX = 16;

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function text(size, colour) {
    return { color: colour || token("--text-2"), fontSize: size };
  }

  /* One accent: who lies behind the calendar. The rest is quiet, the calendar a dashed line. */
  function lines(data) {
    var quiet = "#98a2b3", accent = token("--risk");
    var longest = Math.max.apply(null, data.series.concat(data.line).map(function (one) { return one.name.length; }));
    var most = Math.max.apply(null, [100].concat(data.series.map(function (one) {
      return Math.max.apply(null, one.values.concat(0));
    })));
    var series = data.series.map(function (one) {
      var colour = one.behind ? accent : quiet;
      return {
        type: "line",
        name: one.name,
        data: one.values,
        symbol: "none",
        lineStyle: { width: one.behind ? 2.5 : 1.5, color: colour },
        itemStyle: { color: colour },
        z: one.behind ? 4 : 3,
        emphasis: { focus: "series" },
      };
    });
    series.unshift({
      type: "line",
      name: data.line.name,
      data: data.line.values,
      symbol: "none",
      lineStyle: { width: 2, type: "dashed", color: token("--text") },
      itemStyle: { color: token("--text") },
      z: 5,
    });
    return {
      grid: { left: 44, right: Math.min(220, 66 + 12 * longest), top: 12, bottom: 28 }, // room for the names
      xAxis: {
        type: "category",
        data: data.dates,
        boundaryGap: false,
        axisLabel: text(12),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: token("--line") } },
      },
      yAxis: {
        type: "value",
        min: 0,
        max: Math.ceil(most / 20) * 20,
        axisLabel: Object.assign({ formatter: "{value}%" }, text(12)),
        splitLine: { lineStyle: { color: token("--line") } },
      },
      tooltip: tip(function (value) { return value + "%"; }),
      series: series,
    };
  }

  /* Names beside the ends of the lines instead of a legend, moved apart where they would cover each other; of many only
     those at the ends of the field and those behind. */
  function named(chart, data) {
    var all = data.series.map(function (one) { return { name: one.name, at: last(one.values), behind: one.behind }; });
    all.push({ name: data.line.name, at: last(data.line.values), line: true });
    var room = Math.floor((chart.getHeight() - 40) / LABEL_PX);
    all.sort(function (a, b) { return b.at - a.at; });
    while (all.length > room) all.splice(leastOf(all), 1);
    var x = chart.convertToPixel({ xAxisIndex: 0 }, data.dates[data.dates.length - 1]);
    var ys = apart(all.map(function (one) { return chart.convertToPixel({ yAxisIndex: 0 }, one.at); }), chart.getHeight() - 34);
    return {
      graphic: all.map(function (one, i) {
        var from = chart.convertToPixel({ yAxisIndex: 0 }, one.at);
        return {
          type: "group",
          silent: true,
          children: [
            { type: "line", shape: { x1: x + 2, y1: from, x2: x + 14, y2: ys[i] }, style: { stroke: "#c3ccd6", lineWidth: 1 } },
            {
              type: "text",
              style: {
                text: one.name + " " + Math.round(one.at) + "%",
                x: x + 18,
                y: ys[i],
                fill: one.line ? token("--text") : one.behind ? token("--risk") : token("--text-2"),
                fontSize: 12,
                fontWeight: one.line || one.behind ? 600 : 400,
                textVerticalAlign: "middle",
              },
            },
          ],
        };
      }),
    };
  }

  function last(values) { return values[values.length - 1] || 0; }

  /* The place of what says least: in the middle of the field, neither behind nor the calendar. */
  function leastOf(all) {
    var middle = (all.length - 1) / 2, found = 0, best = Infinity;
    all.forEach(function (one, i) {
      var away = one.line || one.behind ? Infinity : Math.abs(i - middle);
      if (away < best) { best = away; found = i; }
    });
    return best === Infinity ? all.length - 1 : found;
  }

  /* From above to below, each at least a line's height under the one before, and none below the floor. */
  function apart(ys, floor) {
    var placed = [], i;
    for (i = 0; i < ys.length; i++) placed[i] = i ? Math.max(ys[i], placed[i - 1] + LABEL_PX) : Math.max(ys[i], 8);
    for (i = ys.length - 1; i >= 0; i--) {
      var most = i === ys.length - 1 ? floor : placed[i + 1] - LABEL_PX;
      placed[i] = Math.min(placed[i], most);
    }
    return placed;
  }

  function bars(data) {
    var none = { show: false };
    var said = data.names.map(function (_, row) {
      return data.confirmed[row] + data.excused[row] + (data.target[row] ? " / " + data.target[row] : "");
    });
    return {
      grid: { left: 4, right: 4, top: 8, bottom: 8, containLabel: true },
      xAxis: { type: "value", axisLabel: none, splitLine: none, axisLine: none },
      yAxis: [
        { type: "category", inverse: true, data: data.names, axisLabel: text(13, token("--text")), axisTick: none, axisLine: none },
        { type: "category", inverse: true, data: said, axisLabel: text(12), axisTick: none, axisLine: none },
      ],
      tooltip: tip(function (value) { return value + " 天"; }),
      series: [
        { type: "bar", name: "确认", stack: "days", data: data.confirmed, barWidth: 14, itemStyle: { color: token("--brand") } },
        { type: "bar", name: "公出培训", stack: "days", data: data.excused, itemStyle: { color: "#a6c1ee" } },
        {
          type: "bar",
          name: "待核",
          stack: "days",
          data: data.pending,
          itemStyle: { color: "#fff", borderColor: token("--brand"), borderWidth: 1, borderType: "dashed" },
        },
        {
          type: "scatter",
          name: "目标",
          symbol: "rect",
          symbolSize: [2, 22],
          data: data.target.map(function (target, row) { return target ? [target, row] : [null, row]; }),
          itemStyle: { color: token("--text") },
          z: 5,
        },
      ],
    };
  }

  function tip(format) {
    return {
      trigger: "axis",
      renderMode: "richText", // as HTML it would carry styles, which the page's policy forbids
      confine: true,
      valueFormatter: format,
      textStyle: { fontSize: 12 },
    };
  }

  var KINDS = { lines: lines, bars: bars };

  function draw(root) {
    if (root.zhudianChart || typeof echarts === "undefined") return;
    var data = JSON.parse(root.getAttribute("data-chart"));
    var chart = echarts.init(root, null, { renderer: "canvas" });
    root.zhudianChart = chart;
    chart.setOption(Object.assign({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily } }, KINDS[data.kind](data)));
    function label() { if (data.kind === "lines" && data.series.length) chart.setOption(named(chart, data), { replaceMerge: ["graphic"] }); }
    label();
    root.zhudianRefit = function () { chart.resize({ animation: { duration: 0 } }); label(); };
    window.addEventListener("resize", root.zhudianRefit);
  }

  function all(within) {
    within.querySelectorAll("[data-chart]").forEach(draw);
  }

  function start() { all(document); }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:load", function (event) { all(event.target); });
})();
