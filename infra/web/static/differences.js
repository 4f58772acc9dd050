// Two boards of the same banks beside each other: who moves between grades, from what to what, and
// which indicators did it. Points are subtracted as whole hundredths, as they are printed.

import { valueText } from "./board_columns.js";
import { h } from "./dom.js";
import { figure } from "./format.js";
import { gradeNodes } from "./grading_parts.js";
import { makeTable } from "./table.js";

/** Pair the rows of two boards by bank; a bank that is on one of them only is told so. */
export function pairsOf(fromRows, toRows) {
  const then = new Map(fromRows.map((row) => [row.bank_id, row]));
  const now = new Map(toRows.map((row) => [row.bank_id, row]));
  return [...new Set([...now.keys(), ...then.keys()])].map((bank) => pairOf(then.get(bank), now.get(bank)));
}

/**
 * Pairs from rows that already hold both sides, as the verb that compares methodologies tells them.
 * `levels` are the names of both methodologies' levels, best first, where they are known.
 */
export function pairsOfRows(lang, rows, levels = {}) {
  const placeOf = (when, grade) => (levels[when] ? { level_place: levels[when].indexOf(grade) + 1, level_count: levels[when].length } : {});
  const side = (row, when) => (row[`grade_${when}`] ? {
    bank_id: row.bank_id, bank_name: row.bank_name, bank_name_en: row.bank_name_en, grade: row[`grade_${when}`],
    grade_zh: row[`grade_${when}_zh`], grade_en: row[`grade_${when}_en`], points: row[`points_${when}`], rank: row[`rank_${when}`], indicators: [],
    ...placeOf(when, row[`grade_${when}`]) } : undefined);
  return rows.map((row) => {
    const pair = pairOf(side(row, "before"), side(row, "after"));
    return { ...pair, bank_id: row.bank_id, bank_name: row.bank_name, bank_name_en: row.bank_name_en,
      direction: { up: 1, down: -1 }[row.direction] ?? 0, why: reasonOf(lang, row) };
  });
}

/** What the verbs that compare say of why a bank moved. */
export function reasonOf(lang, row) {
  const text = row?.[`reason_${lang}`];
  return text ? [text] : [];
}

/** Give each pair the reason that a verb told of its bank. */
export function addReasons(lang, pairs, rows) {
  const told = new Map(rows.map((row) => [row.bank_id, row]));
  for (const pair of pairs) pair.why = reasonOf(lang, told.get(pair.bank_id));
}

function pairOf(from, to) {
  const pair = { ...nameOf(to ?? from ?? {}), from, to };
  const places = [from?.level_place ?? 0, to?.level_place ?? 0];
  pair.moves = from?.grade !== to?.grade;
  // Not rated is no place among the grades: a bank that becomes rated has moved neither up nor down.
  pair.direction = pair.moves && places[0] && places[1] ? Math.sign(places[0] - places[1]) : 0;
  pair.change = from?.points && to?.points ? hundredths(to.points) - hundredths(from.points) : null;
  return pair;
}

function nameOf({ bank_id, bank_name, bank_name_en }) {
  return { bank_id, bank_name, bank_name_en };
}

// Printed totals may have more digits than two where two would hide a cut-off.
function hundredths(points) {
  const [, sign, whole, rest = ""] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(points) ?? [];
  return BigInt(`${sign}${whole}${rest.padEnd(8, "0").slice(0, 8)}`);
}

function changeText(change) {
  if (change === null) return "";
  const size = change < 0n ? -change : change;
  const rounded = (size + 500_000n) / 1_000_000n;
  const digits = String(rounded).padStart(3, "0");
  return `${change < 0n && rounded ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** How many banks went from each grade to each, as a table; rows are before, columns after. */
export function transitionMatrix(c, pairs) {
  const sides = { from: gradesOf(c, pairs, "from"), to: gradesOf(c, pairs, "to") };
  const count = (from, to) => pairs.filter((pair) => pair.from?.grade === from && pair.to?.grade === to).length;
  return h("section", { class: "section" }, h("h2", {}, c.w("transition")), h("p", { class: "chart-note" }, c.w("transition_note")),
    h("table", { class: "plain matrix", id: "transition" },
      h("thead", {}, h("tr", {}, h("th", {}), sides.to.map((grade) => h("th", { scope: "col" }, ...nodesOf(grade))))),
      h("tbody", {}, sides.from.map((row) => h("tr", {}, h("th", { scope: "row" }, ...nodesOf(row)),
        sides.to.map((column) => {
          const found = count(row.grade, column.grade);
          return h("td", { class: [row.grade === column.grade && "is-same", !found && "is-none"].filter(Boolean).join(" ") || undefined,
            "data-from": row.grade, "data-to": column.grade }, found ? figure(found) : "0");
        }))))));
}

function gradesOf(c, pairs, side) {
  const found = new Map();
  for (const pair of pairs) {
    const row = pair[side];
    if (row) found.set(row.grade, { grade: row.grade, name: row[`grade_${c.lang}`] || row.grade, place: row.level_place, count: row.level_count });
  }
  // Best first; those not rated have no place and come last.
  return [...found.values()].sort((a, b) => (a.place || 1e9) - (b.place || 1e9));
}

function nodesOf(grade) {
  // Where the order of the levels is not known, the word stands alone.
  return grade.place === undefined ? [grade.name] : gradeNodes(grade.name, grade.place, grade.count);
}

/** Every bank with both of its grades; those that move first. */
export function differenceTable(place, c, pairs, { id = "differences-table", title, csv } = {}) {
  const table = makeTable(id, { place, title, csv, rowKey: (pair) => pair.bank_id,
    rowClass: (pair) => (pair.moves ? "is-moving" : ""), columns: columns(c) });
  const weight = (pair) => (pair.moves ? 0 : 1);
  table.update([...pairs].sort((a, b) => weight(a) - weight(b)));
  return table.box;
}

function columns(c) {
  const gradeCell = (row) => (row
    ? { text: `${row.level_place ?? ""} ${row[`grade_${c.lang}`]}`, nodes: nodesOf({ name: row[`grade_${c.lang}`] || row.grade, place: row.level_place, count: row.level_count }) }
    : { text: c.w("none"), isWord: true });
  return [
    { key: "bank_name", head: c.w("bank"), cell: (pair) => ({ text: c.rowName(pair), title: pair.bank_id }), order: (pair) => c.rowName(pair) },
    { key: "grade_from", head: c.w("grade_from"), className: "grade", cell: (pair) => gradeCell(pair.from) },
    { key: "grade_to", head: c.w("grade_to"), className: "grade", cell: (pair) => gradeCell(pair.to) },
    { key: "movement", head: c.w("state"), className: "nowrap", order: (pair) => (pair.moves ? pair.direction : null),
      cell: (pair) => (pair.direction === 0 ? { text: pair.moves ? "≠" : c.w("moved_same"), isWord: true }
        : { text: pair.direction > 0 ? `▲ ${c.w("moved_up")}` : `▼ ${c.w("moved_down")}` }) },
    pointsColumn(c, "from"), pointsColumn(c, "to"),
    { key: "points_change", head: c.w("points_change"), isNumber: true, order: (pair) => (pair.change === null ? null : pair.change),
      cell: (pair) => (pair.change === null ? { text: "–" } : { text: figure(changeText(pair.change), true) }) },
    { key: "rank", head: c.w("rank"), isNumber: true,
      cell: (pair) => ({ text: `${pair.from?.rank || "–"} → ${pair.to?.rank || "–"}` }) },
    { key: "why", head: c.w("why"), className: "text", cell: (pair) => whyCell(c, pair) },
  ];
}

function pointsColumn(c, side) {
  return {
    key: `points_${side}`, head: `${c.w("total_points")}${c.lang === "en" ? " " : "（"}${c.w(`${side}_side`)}${c.lang === "en" ? "" : "）"}`, isNumber: true,
    cell: (pair) => (pair[side]?.points ? { text: figure(pair[side].points) } : { text: c.name("grades", "not_rated"), isWord: true }),
    order: (pair) => (pair[side]?.points ? Number(pair[side].points) : null),
  };
}

/** Which indicators differ, with value and points of both sides; what a verb says comes first. */
function whyCell(c, pair) {
  const told = pair.why ?? [];
  const lines = told.length ? told : indicatorLines(c, pair);
  if (!lines.length) return { text: "–" };
  return { text: lines.join("\n"), nodes: [h("ul", { class: "reasons" }, lines.map((line) => h("li", {}, line)))] };
}

function indicatorLines(c, { from, to }) {
  if (!from || !to) return [];
  const before = new Map(from.indicators.map((one) => [one.name, one]));
  const lines = to.indicators.flatMap((one) => {
    const old = before.get(one.name);
    before.delete(one.name);
    const name = (c.lang === "en" ? one.name_en : one.name_zh) || one.code;
    if (!old) return [`+ ${name}`];
    const parts = [
      valueText(c, old) !== valueText(c, one) && `${valueText(c, old)} → ${valueText(c, one)}`,
      old.points !== one.points && `${old.points || "–"} → ${one.points || "–"} ${c.w("points_unit")}`,
      String(old.weight) !== String(one.weight) && `${c.w("weight")} ${old.weight ?? "–"} → ${one.weight ?? "–"}`,
    ].filter(Boolean);
    return parts.length ? [`${name}${c.lang === "en" ? ": " : "："}${parts.join(c.lang === "en" ? "; " : "；")}`] : [];
  });
  const gone = [...before.values()].map((one) => `\u2212 ${(c.lang === "en" ? one.name_en : one.name_zh) || one.code}`);
  return [...lines, ...gone];
}
