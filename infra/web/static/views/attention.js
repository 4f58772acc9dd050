// 预警: what the rules found in the newest evaluation.

import { read } from "../api.js";
import { attentionColumns } from "../columns.js";
import { h } from "../dom.js";
import { apiAddress } from "../place.js";
import { makeTable } from "../table.js";
import { word } from "../words.js";

/** Make the page; `update` reads and shows the newest rows. */
export function makeView(place, names) {
  const table = makeTable("attention", { place, title: word(place.lang, "attention_table"),
    rowKey: (row) => row.key, csv: apiAddress("attention", place, { format: "csv" }),
    columns: attentionColumns(place, names) });
  const update = async (signal) => {
    const alerts = await read(apiAddress("attention", place), signal);
    table.update(alerts.rows);
    return { ...alerts, count: alerts.rows.length, empty: ["no_alerts", "no_alerts_help"] };
  };
  return { content: h("div", {}, table.box), update };
}
