// The columns of a board of grades: what every run has, and one for each indicator of its
// methodology. A column that would be empty for all banks is left out.

import { h } from "./dom.js";
import { figure, realMinus } from "./format.js";
import { gradeNodes } from "./grading_parts.js";
import { addressOf } from "./place.js";
import { named } from "./words.js";

const SHOWN_REASONS = 1;
const BY_HAND = { manual: "manual", given: "manual", conferred: "conferred" };
const ARROWS = { up: "▲", down: "▼", same: "" };

/**
 * @param c the Columns of the place
 * @param board what /api/grades answered
 * @param stabilityOf gives what the draws say of a bank, undefined while they are not there; left
 *   out where the server knows none
 */
export function boardColumns(c, board, stabilityOf) {
  const { rows } = board;
  const has = (test) => rows.some(test);
  const isPoints = (text) => text && /[1-9]/.test(text);
  const unit = c.w("points_unit");
  return [
    { ...c.scope(c.w("bank")), cell: (row) => ({ text: c.rowName(row), title: row.bank_id, href: reasonsPlace(c, row) }) },
    gradeColumn(c),
    has((row) => row.last_quarter) && lastColumn(c),
    pointsColumn(c, "points", c.w("total_points"), unit, (row) => row.points === ""),
    has((row) => isPoints(row.bonus_points)) && pointsColumn(c, "bonus_points", c.w("bonus"), unit),
    has((row) => isPoints(row.deduction_points)) && pointsColumn(c, "deduction_points", c.w("deduction"), unit),
    has((row) => row.rank) && rankColumn(c),
    !has((row) => row.rank) && { key: "group", head: c.w("compared_in"), className: "whole",
      cell: (row) => ({ text: groupName(c, row), isWord: true }), order: (row) => groupName(c, row) },
    has((row) => row.to_next_points) && nextColumn(c, unit),
    stabilityOf && stabilityColumn(c, stabilityOf),
    has((row) => (row.caps ?? []).length) && capsColumn(c),
    ...indicatorsOf(rows).map((indicator) => indicatorColumn(c, indicator)),
    { key: "reasons", head: c.w("reasons"), className: "text", cell: (row) => reasonsCell(c, row) },
  ].filter(Boolean);
}

function reasonsPlace(c, row) {
  return addressOf(c.place, { view: "grade", bank: row.bank_id, figure: "", sort: "", run: c.place.run });
}

function gradeColumn(c) {
  return {
    key: "grade", head: c.w("grade"), className: "grade",
    cell: (row) => {
      const name = gradeName(c, row);
      return { text: `${row.level_place} ${name}`, nodes: gradeNodes(name, row.level_place, row.level_count) };
    },
    order: (row) => -(row.level_place || Infinity),
  };
}

/** A row's grade in the words of its methodology. */
export function gradeName(c, row) {
  return row[`grade_${c.lang}`] || c.name("grades", row.grade);
}

function lastColumn(c) {
  return {
    key: "last_grade", head: c.w("last_grade"), className: "nowrap",
    cell: (row) => {
      if (!row.last_grade) return { text: c.w("newly_rated"), isWord: true };
      const name = named(c.lang, { zh: row.last_grade_zh, en: row.last_grade_en });
      const moved = row.movement && row.movement !== "same" ? `${ARROWS[row.movement]} ${c.w(`moved_${row.movement}`)}` : "";
      return { text: [name, moved].filter(Boolean).join(" "), title: `${row.last_quarter} ${figure(row.last_points)}`.trim(),
        nodes: [h("span", { class: "word" }, name), moved ? h("span", { class: "movement" }, ` ${moved}`) : ""] };
    },
    order: (row) => (row.movement ? { up: 2, same: 1, down: 0 }[row.movement] : null),
  };
}

function pointsColumn(c, key, head, unit, isMissing = (row) => !row[key]) {
  return {
    key, head, unit, isNumber: true,
    cell: (row) => (isMissing(row) ? { text: c.name("grades", "not_rated"), isWord: true }
      : { text: figure(row[key]), href: key === "points" ? reasonsPlace(c, row) : undefined }),
    order: (row) => (isMissing(row) ? null : Number(row[key])),
  };
}

function rankColumn(c) {
  return {
    key: "rank", head: c.w("rank"), isNumber: true,
    cell: (row) => {
      if (!row.rank) return { text: c.name("grades", "not_rated"), isWord: true };
      const text = `${figure(row.rank)} / ${figure(row.group_size_count)}`;
      return { text: `${text} ${groupName(c, row)}`, nodes: [text, h("small", { class: "points" }, groupName(c, row))] };
    },
    order: (row) => (row.rank ? -row.rank : null),
  };
}

function nextColumn(c, unit) {
  return {
    key: "to_next_points", head: c.w("to_next"), unit, isNumber: true,
    cell: (row) => {
      if (row.to_next_points) {
        return { text: figure(row.to_next_points), title: named(c.lang, { zh: row.next_grade_zh, en: row.next_grade_en }) };
      }
      if (!row.level_place) return { text: c.name("grades", "not_rated"), isWord: true };
      return { text: c.w(row.level_place === 1 ? "top_grade" : (row.caps ?? []).length ? "held_down" : "by_rank"), isWord: true };
    },
    order: (row) => (row.to_next_points ? -Number(row.to_next_points) : null),
  };
}

function stabilityColumn(c, stabilityOf) {
  const percent = (row) => stabilityOf(row.bank_id)?.kept_percent || undefined;
  return {
    key: "stability", head: c.w("stability"), unit: "%", isNumber: true,
    cell: (row) => {
      if (!row.level_place) return { text: c.name("grades", "not_rated"), isWord: true };
      if (stabilityOf(row.bank_id) === undefined) return { text: "…", isWord: true };
      return percent(row) === undefined ? { text: c.w("not_computed"), isWord: true }
        : { text: figure(percent(row)), title: c.w("stability_unit") };
    },
    order: (row) => (percent(row) === undefined ? null : Number(percent(row))),
  };
}

function capsColumn(c) {
  return {
    key: "caps", head: c.w("caps"), className: "text",
    cell: (row) => {
      const lines = (row.caps ?? []).map((cap) => `${named(c.lang, cap)}${c.lang === "en" ? " " : "，"}${cap.clause}: ${cap.before} → ${cap.after}`);
      if (!lines.length) return { text: c.w("none"), isWord: true };
      return { text: lines.join("\n"), nodes: [h("ul", { class: "reasons" }, lines.map((line) => h("li", {}, line)))] };
    },
    order: (row) => (row.caps ?? []).length,
  };
}

function indicatorsOf(rows) {
  const found = new Map();
  for (const row of rows) for (const one of row.indicators ?? []) if (!found.has(one.name)) found.set(one.name, one);
  return [...found.values()];
}

function indicatorColumn(c, indicator) {
  const of = (row) => (row.indicators ?? []).find((one) => one.name === indicator.name);
  const weight = indicator.weight === null || indicator.weight === "" ? "" : `${indicator.weight}%`;
  const role = indicator.role && indicator.role !== "regular" ? c.w(`role_${indicator.role}`) : "";
  return {
    key: `i_${indicator.name}`, head: (c.lang === "en" ? indicator.name_en : indicator.name_zh) || indicator.code,
    unit: [role, weight && `${c.w("weight")} ${weight}`].filter(Boolean).join(" · "), isNumber: true, className: "indicator",
    cell: (row) => indicatorCell(c, row, of(row)),
    order: (row) => (of(row)?.points ? Number(of(row).points) : null),
  };
}

function indicatorCell(c, row, one) {
  if (!one) return { text: c.w("not_applicable"), isWord: true };
  const value = valueText(c, one);
  const note = BY_HAND[one.source] ? c.w(BY_HAND[one.source]) : one.is_neutral ? c.w("neutral") : one.is_screened ? c.w("screened") : "";
  const points = one.points === "" || one.points === undefined ? "" : `${figure(one.points)} ${c.w("points_unit")}`;
  return {
    text: [value, points, note].join("\n"), title: one.source ? c.name("sources", one.source) : undefined,
    nodes: [h("span", { class: one.value === "" ? "word" : "value" }, value),
      ...[points, note].filter(Boolean).map((text) => h("small", { class: "points" }, text))],
  };
}

/** An indicator's value with its unit, or its status in words. */
export function valueText(c, one) {
  if (one.value === "") return one[`status_${c.lang}`] || c.name("statuses", one.status) || c.w("unknown");
  return `${figure(one.value)}${one[`unit_${c.lang}`] ?? ""}`;
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
