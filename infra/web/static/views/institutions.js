// 机构: how much each bank lends to the chosen borrowers, how fast that grows, and at what rate.

import { read } from "../api.js";
import { dotPlot, makeChart } from "../charts.js";
import { bankGrowthColumns, rateColumns } from "../columns.js";
import { Columns } from "../cells.js";
import { h, setText } from "../dom.js";
import { paced } from "../paced.js";
import { apiAddress } from "../place.js";
import { makeTable } from "../table.js";
import { word } from "../words.js";
import { drawHistory, drawRates } from "./overview.js";

const PROVINCE = "region:province";

/** Make the page; `update` reads and shows the newest rows. */
export function makeView(place, names, basisName) {
  const w = (key) => word(place.lang, key);
  const c = new Columns(place, names);
  let chosen = place.bank;
  const rowClass = (row) => (row.bank_id === chosen ? "is-chosen" : "");
  const growth = makeTable("growth", { place, title: w("growth_table"), rowKey: (row) => row.bank_id, rowClass,
    csv: apiAddress("growth", place, { format: "csv" }), columns: bankGrowthColumns(place, names, basisName) });
  const rates = makeTable("rates", { place, title: w("rate_table"), rowKey: (row) => row.bank_id, rowClass,
    csv: apiAddress("rates", place, { format: "csv" }), columns: rateColumns(place, names) });
  const dots = makeChart("dots", w("dot_plot"), place.lang);
  const lines = makeChart("history", w("line_chart"), place.lang);
  const rateChart = makeChart("rate_history", w("rate_chart"), place.lang);
  const content = h("div", {},
    h("div", { class: "pair" }, growth.box, dots.box),
    h("div", { class: "pair" }, rates.box, h("div", { class: "charts" }, lines.box, rateChart.box)));
  let banks = [];
  const draw = paced(async () => {
    await drawDots(dots, banks, chosen, c);
    const history = await read(apiAddress("history", place, { bank: chosen || PROVINCE }));
    const who = history.rows[0];
    if (who) {
      setText(lines.box.querySelector("h2"), `${c.rowName(who)} · ${w("line_chart")}`);
      setText(rateChart.box.querySelector("h2"), `${c.rowName(who)} · ${w("rate_chart")}`);
    }
    await drawHistory(lines, history.rows, place.lang, basisName);
    await drawRates(rateChart, history.rows, place.lang);
  });
  const update = async (signal) => {
    const [grown, rated] = await Promise.all([
      read(apiAddress("growth", place), signal),
      read(apiAddress("rates", place), signal),
    ]);
    banks = grown.rows.filter((row) => row.kind === "bank");
    growth.update(banks);
    rates.update(rated.rows.filter((row) => (row.kind ?? "bank") === "bank"));
    void draw();
    return { ...grown, count: banks.length };
  };
  const choose = (bank) => {
    chosen = bank;
  };
  return { content, update, choose };
}

async function drawDots(chart, banks, chosen, c) {
  const points = banks.filter((row) => row.growth_percent !== "").map((row) => ({
    id: row.bank_id,
    name: c.rowName(row),
    group: row.peer_group ? c.name("peer_groups", row.peer_group) : "–",
    percent: row.growth_percent,
    isChosen: row.bank_id === chosen,
  }));
  await chart.draw(dotPlot(points, c.lang));
}
