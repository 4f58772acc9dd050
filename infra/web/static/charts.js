// Charts beside the tables. The library comes from this server and only when a chart is drawn; a
// page whose charts are blocked says so and keeps its tables.

import { h } from "./dom.js";
import { figure } from "./format.js";
import { word } from "./words.js";

let library;

/** The chart library, or null where it cannot be had. Never rejects. */
export function loadLibrary() {
  library ??= new Promise((resolve) => {
    const script = h("script", { src: "/static/plotly.js" });
    script.addEventListener("load", () => resolve(globalThis.Plotly ?? null));
    script.addEventListener("error", () => resolve(null));
    document.head.append(script);
  });
  return library;
}

/** A titled place for a chart. `draw(drawing)` shows it, or says that it cannot. */
export function makeChart(id, title, lang) {
  const chart = h("div", { class: "chart", id, role: "img", "aria-label": title });
  const note = h("p", { class: "chart-note" });
  const save = h("a", { href: "#", hidden: true }, word(lang, "png"));
  const box = h("section", { class: "chart-box" },
    h("div", { class: "chart-head" }, h("h2", {}, title), save), chart, note);
  save.addEventListener("click", (event) => {
    event.preventDefault();
    globalThis.Plotly.downloadImage(chart, { format: "png", filename: `puhui_${id}`, scale: 2 });
  });
  const draw = async (drawing) => {
    chart.style.height = `${drawing.layout.height}px`; // Kept before the library is there: no jump.
    // One figure makes no line and no comparison: words say it, and no empty frame.
    const isDrawn = drawing.pointCount > 1;
    chart.hidden = !isDrawn;
    if (!isDrawn) {
      save.hidden = true;
      note.textContent = drawing.pointCount === 0
        ? word(lang, "no_points") : `${word(lang, "one_point")} ${drawing.summary}`;
      return;
    }
    note.textContent = drawing.summary;
    chart.setAttribute("aria-label", `${title}: ${drawing.summary}`);
    const plotly = await loadLibrary();
    if (!plotly) {
      chart.style.height = "auto";
      chart.style.minHeight = "0";
      note.textContent = `${word(lang, "no_chart")} ${drawing.summary}`;
      return;
    }
    // By the next task the view that the chart belongs to stands on the page and has a width.
    await new Promise((resolve) => setTimeout(resolve));
    if (!chart.isConnected) return;
    await plotly.react(chart, drawing.traces, { ...frameOf(), ...drawing.layout },
      { displayModeBar: false, responsive: true, doubleClick: false, scrollZoom: false });
    save.hidden = false;
  };
  return { box, draw };
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function frameOf() {
  return {
    font: { family: colour("font"), size: 12, color: colour("ink") },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 8, r: 12, t: 8, b: 36 },
    showlegend: false,
    dragmode: false,
    hoverlabel: { bgcolor: colour("paper"), bordercolor: colour("line-strong"),
      font: { color: colour("ink"), family: colour("font") } },
  };
}

function axis(more) {
  return { gridcolor: colour("line"), linecolor: colour("line-strong"), zeroline: false,
    fixedrange: true, automargin: true, ...more };
}

/**
 * Growth of every bank as a dot, bank by bank in the order of its peer groups.
 * @param {{name: string, group: string, percent: string, isChosen: boolean}[]} points
 */
export function dotPlot(points, lang) {
  const drawn = [...points].sort((a, b) => Number(b.percent) - Number(a.percent));
  const groups = [...new Set(points.map((point) => point.group))];
  const ordered = groups.flatMap((group) => drawn.filter((point) => point.group === group)).reverse();
  const values = ordered.map((point) => Number(point.percent));
  // The bank's id, not its name, is the category: two banks may be called the same in short.
  const trace = {
    type: "scatter", mode: "markers", x: values, y: ordered.map((point) => point.id),
    customdata: ordered.map((point) => [point.name, point.group, figure(point.percent)]),
    hovertemplate: "%{customdata[0]}<br>%{customdata[1]}<br>%{customdata[2]} %<extra></extra>",
    marker: {
      size: ordered.map((point) => (point.isChosen ? 11 : 8)),
      color: ordered.map((point) => colour(point.isChosen ? "accent" : "muted")),
      symbol: ordered.map((point) => symbolOf(groups.indexOf(point.group))),
    },
  };
  const best = drawn[0];
  const least = drawn.at(-1);
  const summary = !best ? "" : lang === "en"
    ? `${drawn.length} banks with growth, from ${figure(least.percent)} % (${least.name}) to ${figure(best.percent)} % (${best.name}).`
    : `${drawn.length} 家机构有增速, 最低 ${figure(least.percent)}%(${least.name}), 最高 ${figure(best.percent)}%(${best.name})。`;
  return {
    traces: [trace],
    summary,
    pointCount: points.length,
    layout: {
      height: Math.max(220, 60 + ordered.length * 19),
      xaxis: axis({ ticksuffix: "%", zeroline: true, zerolinecolor: colour("line-strong"), title: { text: "" } }),
      yaxis: axis({ type: "category", tickvals: ordered.map((point) => point.id),
        ticktext: ordered.map((point) => shortened(point.name)), tickfont: { size: 12 } }),
    },
  };
}

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "x", "star"];

function symbolOf(n) {
  return SYMBOLS[n % SYMBOLS.length];
}

function shortened(name) {
  const most = /[\u2e80-\uffff]/.test(name) ? 12 : 24;
  return name.length > most ? `${name.slice(0, most)}…` : name;
}

/**
 * Balances as bars from zero and growth as a line, one quarter a step.
 * @param {{quarter: string, balance: string, percent: string}[]} points `balance` printed in 亿元
 */
export function quarterLines(points, lang, growthName) {
  const quarters = points.map((point) => point.quarter);
  const known = points.filter((point) => point.percent !== "");
  const latest = points.at(-1);
  const unit = word(lang, "yi");
  const money = (printed) => (lang === "en" ? `${printed}\u00a0×\u00a0${unit}` : `${printed}\u00a0${unit}`);
  const bars = { type: "bar", x: quarters, y: points.map((point) => plain(point.balance)),
    customdata: points.map((point) => money(point.balance)), marker: { color: colour("line-strong") },
    hovertemplate: "%{x}<br>%{customdata}<extra></extra>", yaxis: "y" };
  const line = { type: "scatter", mode: "lines+markers", x: known.map((point) => point.quarter),
    y: known.map((point) => Number(point.percent)), customdata: known.map((point) => figure(point.percent)),
    line: { color: colour("accent"), width: 2 }, marker: { size: 6 },
    hovertemplate: "%{x}<br>%{customdata} %<extra></extra>", yaxis: "y2" };
  const summary = !latest ? "" : `${latest.quarter}: ${latest.balance ? money(latest.balance) : "–"}, ${growthName} ${latest.percent ? `${figure(latest.percent)}%` : "–"}`;
  const hasGrowth = known.length > 0;
  return {
    traces: hasGrowth ? [bars, line] : [bars],
    summary,
    pointCount: points.filter((point) => point.balance !== "").length,
    layout: {
      height: 320,
      xaxis: axis({ type: "category", tickangle: -45 }),
      yaxis: axis({ domain: [0, hasGrowth ? 0.55 : 1], rangemode: "tozero", tickformat: ",", title: { text: unit, standoff: 6 } }),
      ...(hasGrowth && { yaxis2: axis({ domain: [0.64, 1], ticksuffix: "%", title: { text: growthName, standoff: 6 } }) }),
    },
  };
}

/**
 * The rate of new loans as a line, one quarter a step, and the 1-year LPR thin beside it.
 * @param {{quarter: string, percent: string, lpr: string}[]} points
 */
export function rateLines(points, lang) {
  const names = [word(lang, "new_rate"), word(lang, "lpr_one_year")];
  const drawn = (key) => points.filter((point) => point[key] !== "");
  const line = (key, name, look) => ({
    type: "scatter", x: drawn(key).map((point) => point.quarter), y: drawn(key).map((point) => Number(point[key])),
    customdata: drawn(key).map((point) => figure(point[key])), name,
    hovertemplate: `%{x}<br>${name} %{customdata} %<extra></extra>`, ...look,
  });
  const traces = [
    line("lpr", names[1], { mode: "lines", line: { color: colour("muted"), width: 1, dash: "dot", shape: "hvh" } }),
    line("percent", names[0], { mode: "lines+markers", line: { color: colour("accent"), width: 2 }, marker: { size: 6 } }),
  ];
  const latest = points.at(-1);
  const told = (text) => (text ? `${figure(text)}%` : "–");
  const summary = !latest ? "" : `${latest.quarter}: ${names[0]} ${told(latest.percent)}, ${names[1]} ${told(latest.lpr)}`;
  return {
    traces,
    summary,
    pointCount: drawn("percent").length,
    layout: {
      height: 220,
      showlegend: true,
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      xaxis: axis({ type: "category", tickangle: -45, categoryorder: "array", categoryarray: points.map((point) => point.quarter) }),
      yaxis: axis({ ticksuffix: "%", tickformat: ".2f" }),
    },
  };
}

function plain(printed) {
  return printed ? Number(printed.replaceAll(",", "").replace("\u2212", "-")) : null;
}
