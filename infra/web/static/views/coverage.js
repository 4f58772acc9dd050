// 数据: who has reported and how far, what is missing, and how much of each aggregate that is.

import { read } from "../api.js";
import { coverageColumns, groupCoverageColumns, reconcileColumns } from "../columns.js";
import { h } from "../dom.js";
import { figure, moment } from "../format.js";
import { apiAddress } from "../place.js";
import { makeTable } from "../table.js";
import { word } from "../words.js";

/** Make the page; `update` reads and shows the newest rows. */
export function makeView(place, names) {
  const w = (key) => word(place.lang, key);
  const csv = apiAddress("coverage", place, { format: "csv" });
  const rowKey = (row) => row.bank_id;
  const summary = h("p", { class: "summary" });
  const banks = makeTable("coverage", { place, csv, rowKey, title: w("coverage_table"),
    columns: coverageColumns(place, names) });
  const groups = makeTable("group_coverage", { place, csv, rowKey, title: w("group_coverage_table"),
    columns: groupCoverageColumns(place, names) });
  const reconciled = makeTable("reconcile", { place, title: w("reconcile_table"),
    rowKey: (row) => [row.check, row.where, row.bank_id, row.quarter, row.measure].join(" "),
    columns: reconcileColumns(place, names) });
  const verdict = h("p", { class: "summary", id: "reconciled" });
  const update = async (signal) => {
    const [covered, told] = await Promise.all([
      read(apiAddress("coverage", place), signal), read("/api/reconcile", signal)]);
    const ofKind = (kind) => covered.rows.filter((row) => row.kind === kind);
    summary.textContent = summaryOf(place.lang, ofKind("bank"));
    banks.update(ofKind("bank"));
    groups.update(ofKind("aggregate"));
    const found = told.rows.filter((row) => row.level !== "ok");
    verdict.textContent = verdictOf(w, told);
    reconciled.update(found);
    reconciled.box.hidden = found.length === 0;
    return { ...covered, count: covered.rows.length };
  };
  return { content: h("div", {}, summary, banks.box, groups.box, verdict, reconciled.box), update };
}

function verdictOf(w, told) {
  if (told.state === "off") return "";
  const said = `${w("reconcile_table")}: ${w(`reconcile_${told.state}`)}`;
  const count = told.differences > 0 ? ` ${figure(told.differences)}` : "";
  return said + count + (told.checked_at_ms > 0 ? ` · ${moment(told.checked_at_ms)}` : "");
}

function summaryOf(lang, rows) {
  const present = rows.filter((row) => row.is_present).length;
  const gaps = rows.filter((row) => row.missing_sequences.length > 0).length;
  const newest = rows[0]?.newest_complete_to || "–";
  return lang === "en"
    ? `${figure(present)} of ${figure(rows.length)} banks have reported; ${figure(gaps)} have missing submissions; newest complete day ${newest}.`
    : `${figure(rows.length)} 家机构中 ${figure(present)} 家已报送, ${figure(gaps)} 家有缺号, 最新完整日 ${newest}。`;
}
