// 总览: how the province and its groups of banks stand, and who is missing.

import { read } from "../api.js";
import { makeChart, quarterLines, rateLines } from "../charts.js";
import { aggregateColumns, publishedColumns, rateColumns } from "../columns.js";
import { makeDistinct } from "../distinct.js";
import { h, setText } from "../dom.js";
import { yi } from "../format.js";
import { paced } from "../paced.js";
import { apiAddress } from "../place.js";
import { makeTable } from "../table.js";
import { word } from "../words.js";

const PROVINCE = "region:province";

/** Make the page; `update` reads and shows the newest rows. */
export function makeView(place, names, basisName) {
  const w = (key) => word(place.lang, key);
  const csv = apiAddress("growth", place, { format: "csv" });
  const rowClass = (row) => (row.bank_id.startsWith("region:") ? "is-total" : "");
  const age = h("p", { class: "chart-note", id: "distinct-age", hidden: true });
  let aggregates = [];
  const distinct = makeDistinct(place, { isShown: () => age.isConnected, onChange: () => {
    groups.update(aggregates);
    setText(age, distinct.note());
    age.hidden = age.textContent === "";
  } });
  const groups = makeTable("groups", { place, csv, title: w("region_table"),
    columns: aggregateColumns(place, names, basisName, distinct), rowKey: (row) => row.bank_id,
    rowClass });
  const published = makeTable("published", { place, csv, title: w("published_table"), note: w("published_note"),
    columns: publishedColumns(place, names, basisName), rowKey: (row) => row.bank_id });
  const rates = makeTable("group_rates", { place, title: w("rate_table"), rowKey: (row) => row.bank_id, rowClass,
    csv: apiAddress("rates", place, { format: "csv" }), columns: rateColumns(place, names, w("scope")) });
  const chart = makeChart("history", w("line_chart"), place.lang);
  const rateChart = makeChart("rate_history", w("rate_chart"), place.lang);
  groups.box.append(age);
  published.box.hidden = true;
  const unreported = h("div", { class: "empty", hidden: true });
  const charts = h("div", { class: "charts" }, chart.box, rateChart.box);
  const content = h("div", {},
    h("div", { class: "pair" }, h("div", {}, unreported, groups.box, published.box), charts),
    rates.box);
  published.box.classList.add("is-compact");
  const draw = paced(async () => {
    const history = await read(apiAddress("history", place, { bank: PROVINCE }));
    await drawHistory(chart, history.rows, place.lang, basisName);
    await drawRates(rateChart, history.rows, place.lang);
  });
  const update = async (signal) => {
    const [growth, rated] = await Promise.all([
      read(apiAddress("growth", place), signal),
      read(apiAddress("rates", place), signal),
    ]);
    const ofKind = (kind) => growth.rows.filter((row) => row.kind === kind);
    aggregates = ofKind("aggregate");
    groups.update(aggregates);
    rates.update(rated.rows.filter((row) => row.kind === "aggregate"));
    published.update(ofKind("published"));
    published.box.hidden = ofKind("published").length === 0;
    // Published totals alone: no heads without rows, but what to do about it.
    unreported.hidden = aggregates.length > 0 || published.box.hidden;
    unreported.replaceChildren(...(unreported.hidden ? [] : [h("b", {}, w("only_published")), w("only_published_help")]));
    groups.box.hidden = rates.box.hidden = charts.hidden = aggregates.length === 0;
    void draw();
    void distinct.ask();
    return { ...growth, count: growth.rows.length };
  };
  return { content, update };
}

/** Draw the quarters of one bank or aggregate. */
export async function drawHistory(chart, rows, lang, basisName) {
  const points = rows.map((row) => ({
    quarter: row.quarter,
    balance: row.latest_status !== "ok" || row.status === "coverage_too_low" ? "" : yi(row.latest_minor),
    percent: row.growth_percent,
  }));
  await chart.draw(quarterLines(points, lang, lang === "en" ? "growth" : `${basisName}增速`));
}

/** Draw the rates of one bank or aggregate, quarter by quarter. */
export async function drawRates(chart, rows, lang) {
  const points = rows.map((row) => ({
    quarter: row.quarter, percent: row.new_rate_percent, lpr: row.lpr_one_year_percent,
  }));
  await chart.draw(rateLines(points, lang));
}
