/* Charts from the JSON in data-chart, over vendor/echarts.common.min.js. Each has its figures in a table beside it, which
   is what is read without a chart; `role="img"` and its aria-label say in a sentence what it shows.

   lines: {kind: "lines", dates: [], line: {name, values}, series: [{name, values, behind}]}: shares in per cent
   bars:  {kind: "bars", names: [], have: [], pending: [], target: []}: days a row, the target as a stroke */
(function () {
  "use strict";

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function text(size, colour) {
    return { color: colour || token("--text-2"), fontSize: size, fontFamily: "inherit" };
  }

  /* One accent: who lies behind the calendar. The rest is quiet, the calendar a dashed line. */
  function lines(data) {
    var quiet = "#98a2b3", accent = token("--risk");
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
        endLabel: {
          show: true,
          distance: 6,
          formatter: function () { return one.name + " " + Math.round(one.values[one.values.length - 1]) + "%"; },
          color: one.behind ? accent : token("--text-2"),
          fontSize: 12,
        },
        labelLayout: { moveOverlap: "shiftY" },
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
      endLabel: {
        show: true,
        distance: 6,
        formatter: function () { return data.line.name + " " + Math.round(data.line.values[data.line.values.length - 1]) + "%"; },
        color: token("--text"),
        fontWeight: 600,
        fontSize: 12,
      },
      labelLayout: { moveOverlap: "shiftY" },
    });
    return {
      grid: { left: 40, right: 132, top: 12, bottom: 28 },
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

  function bars(data) {
    var none = { show: false };
    return {
      grid: { left: 8, right: 72, top: 8, bottom: 8, containLabel: true },
      xAxis: { type: "value", axisLabel: none, splitLine: none, axisLine: none },
      yAxis: {
        type: "category",
        inverse: true,
        data: data.names,
        axisLabel: text(13, token("--text")),
        axisTick: none,
        axisLine: none,
      },
      tooltip: tip(function (value) { return value + " 天"; }),
      series: [
        { type: "bar", name: "确认", stack: "days", data: data.have, barWidth: 14, itemStyle: { color: token("--brand") } },
        {
          type: "bar",
          name: "待核",
          stack: "days",
          data: data.pending,
          itemStyle: { color: "#fff", borderColor: token("--brand"), borderWidth: 1, borderType: "dashed" },
          label: {
            show: true,
            position: "right",
            color: token("--text-2"),
            formatter: function (at) {
              var row = at.dataIndex;
              return data.have[row] + data.pending[row] + (data.target[row] ? " / " + data.target[row] : "");
            },
          },
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
    var calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    var chart = echarts.init(root, null, { renderer: "canvas" });
    root.zhudianChart = chart;
    chart.setOption(Object.assign({ animation: !calm, animationDuration: 250, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily } }, KINDS[data.kind](data)));
    window.addEventListener("resize", function () { chart.resize(); });
  }

  function all(within) {
    within.querySelectorAll("[data-chart]").forEach(draw);
  }

  function start() { all(document); }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:load", function (event) { all(event.target); });
  function refit() {
    document.querySelectorAll("[data-chart]").forEach(function (root) {
      if (root.zhudianChart) root.zhudianChart.resize({ animation: { duration: 0 } });
    });
  }
  window.addEventListener("beforeprint", refit);
  window.addEventListener("afterprint", refit);
})();
