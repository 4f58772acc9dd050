// 评估: the board of a quarter's grading run. A grade carries its word and a shape, never colour
// alone; not rated is not the lowest grade.

import { read } from "../api.js";
import { Columns } from "../cells.js";
import { h } from "../dom.js";
import { figure, realMinus } from "../format.js";
import { addressOf, apiAddress } from "../place.js";
import { makeTable } from "../table.js";
import { named, word } from "../words.js";

const SHAPES = { excellent: "●", good: "◐", fair: "○", encouraged: "△", not_rated: "–" };
const SHOWN_REASONS = 2;
const ORDER = ["excellent", "good", "fair", "encouraged", "not_rated"];

/** Make the page; `update` reads and shows the newest rows. */
export function makeView(place, names) {
  const w = (key) => word(place.lang, key);
  const c = new Columns(place, names);
  const mark = h("span", { class: "tag", hidden: true }, w("illustrative"));
  const method = h("span", {});
  const note = h("span", { class: "flag", hidden: true }, w("illustrative_note"));
  const trial = h("span", { class: "flag", id: "trial", hidden: true }, w("to_date_note"));
  const table = makeTable("board", { place, title: w("board"), mark, rowKey: (row) => row.bank_id,
    csv: apiAddress("grades", place, { format: "csv" }), columns: columns(c) });
  const content = h("div", {}, h("p", { class: "summary" }, method, " ", note, " ", trial), table.box);
  const update = async (signal) => {
    const board = await read(apiAddress("grades", place), signal);
    table.update(board.rows);
    const first = board.rows[0];
    const isIllustrative = board.rows.some((row) => row.is_illustrative);
    mark.hidden = note.hidden = !isIllustrative;
    trial.hidden = !board.rows.some((row) => row.is_to_date);
    method.textContent = first ? methodText(c, first) : "";
    return { ...board, count: board.rows.length, empty: ["no_grades", "no_grades_help"] };
  };
  return { content, update };
}

function methodText(c, row) {
  const colon = c.lang === "en" ? ": " : "：";
  const stop = c.lang === "en" ? "." : "。";
  return `${c.w("methodology")}${colon}${row[`methodology_${c.lang}`] || row.methodology}${stop}`;
}

function columns(c) {
  return [
    { ...c.scope(c.w("bank")), cell: (row) => ({ text: c.rowName(row), title: row.bank_id,
      href: addressOf(c.place, { view: "institutions", bank: row.bank_id, figure: "" }) }) },
    { key: "grade", head: c.w("grade"), className: "grade",
      cell: (row) => {
        const name = c.name("grades", row.grade);
        return { text: `${SHAPES[row.grade] ?? ""} ${name}`,
          nodes: [h("span", { class: "shape", "aria-hidden": "true" }, SHAPES[row.grade] ?? ""), name] };
      },
      order: (row) => -ORDER.indexOf(row.grade) },
    { key: "points", head: c.w("points"), isNumber: true,
      cell: (row) => (row.points === "" ? { text: c.name("grades", "not_rated"), isWord: true } : { text: figure(row.points) }),
      order: (row) => (row.points === "" ? null : Number(row.points)) },
    { key: "group", head: c.w("compared_in"), className: "nowrap",
      cell: (row) => ({ text: groupName(c, row), isWord: true }), order: (row) => groupName(c, row) },
    { key: "reasons", head: c.w("reasons"), className: "text", cell: (row) => reasonsCell(c, row) },
    { key: "indicators", head: c.w("indicators"), className: "text", cell: (row) => indicatorsCell(c, row) },
  ];
}

function groupName(c, row) {
  return row[`group_${c.lang}`] || (row.group ? c.name("groups", row.group) : "–");
}

function reasonsCell(c, row) {
  const texts = (row.reasons ?? []).map((reason) => realMinus(named(c.lang, reason)));
  if (!texts.length) return { text: "–" };
  const list = (some) => h("ul", { class: "reasons" }, some.map((text) => h("li", {}, text)));
  // What weighs most comes first and is always seen.
  const rest = texts.slice(SHOWN_REASONS);
  const more = rest.length > 0 && h("details", {}, h("summary", {}, `${c.w("more")} (${rest.length})`), list(rest));
  return { text: texts.join("\n"), nodes: [list(texts.slice(0, SHOWN_REASONS)), more].filter(Boolean) };
}

function indicatorsCell(c, row) {
  const indicators = row.indicators ?? [];
  const signature = indicators.map((one) => `${one.code} ${one.value} ${one.points}`).join("\n");
  if (!indicators.length) return { text: "–" };
  const lines = indicators.map((one) => h("tr", {},
    h("th", { scope: "row" }, (c.lang === "en" ? one.name_en : one.name_zh) || one.code),
    h("td", { class: "num" }, valueText(c, one)),
    h("td", { class: "num" }, one.points === "" ? "–" : figure(one.points)),
    h("td", { class: "num" }, String(one.weight ?? ""))));
  const heads = [c.w("indicators"), c.w("figure"), c.w("points"), c.w("weight")];
  return { text: signature, nodes: [h("details", {},
    h("summary", {}, `${c.w("all_reasons")} (${indicators.length})`),
    h("table", { class: "bridge" },
      h("thead", {}, h("tr", {}, heads.map((head, n) => h("th", { class: n ? "num" : undefined }, head)))),
      h("tbody", {}, lines)))] };
}

function valueText(c, one) {
  if (one.value === "") return one[`status_${c.lang}`] || c.name("statuses", one.status) || c.w("unknown");
  return `${figure(one.value)}${one[`unit_${c.lang}`] ?? ""}`;
}
