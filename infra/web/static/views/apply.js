// 套用办法: grades a table of values by a methodology, without any events behind it. For people who
// do not program: a table is pasted or chosen, the grades come with their reasons, errors by line.

import { ask } from "../api.js";
import { gradeName } from "../board_columns.js";
import { Columns } from "../cells.js";
import { h } from "../dom.js";
import { figure, realMinus } from "../format.js";
import { chooser, failure, gradeNodes, notHere, offers, saveRows } from "../grading_parts.js";
import { makeTable } from "../table.js";
import { named, word } from "../words.js";
import { referenceOf } from "./methodologies.js";

// What was entered stays while the reader looks elsewhere.
const entered = { csv: "", name: "", quarter: "" };

/** Make the page; what moves elsewhere does not move it. */
export function makeView(place, names) {
  const w = (key) => word(place.lang, key);
  const c = new Columns(place, names);
  const content = h("div", {});
  let isDrawn = false;
  const update = async (signal) => {
    const told = { count: 1, quarter: "", data_version: "" };
    if (isDrawn) return told;
    if (!offers(names, "methodology_apply") || !offers(names, "methodology_list")) {
      content.replaceChildren(notHere(place.lang, w("apply")));
      return told;
    }
    const { rows } = await ask("methodology_list", {}, signal);
    isDrawn = true;
    draw(rows);
    return told;
  };

  const draw = (methodologies) => {
    if (place.methodology) entered.name = place.methodology;
    if (!methodologies.some((row) => referenceOf(row) === entered.name)) entered.name = methodologies.length ? referenceOf(methodologies[0]) : "";
    const result = h("div", { id: "result", "aria-live": "polite" });
    const marks = h("p", { class: "summary" });
    const showMarks = () => {
      const row = methodologies.find((one) => referenceOf(one) === entered.name);
      marks.replaceChildren(row?.is_illustrative ? h("span", { class: "flag" }, w("illustrative_note")) : "",
        " ", h("small", { class: "word" }, named(place.lang, { zh: row?.basis_zh, en: row?.basis_en })));
    };
    const text = h("textarea", { id: "table-text", spellcheck: "false", "aria-label": w("table_csv"), oninput: () => { entered.csv = text.value; } });
    text.value = entered.csv;
    const file = h("input", { type: "file", id: "table-file", accept: ".csv,text/csv", "aria-label": w("table_file"), onchange: async () => {
      if (!file.files.length) return;
      text.value = entered.csv = await file.files[0].text();
    } });
    const quarter = h("input", { id: "table-quarter", class: "short", placeholder: "2021Q4", value: entered.quarter,
      oninput: () => { entered.quarter = quarter.value.trim(); } });
    const button = h("button", { type: "submit", class: "main-button", id: "apply-go" }, w("apply_go"));
    const form = h("form", { class: "form", onsubmit: (event) => {
      event.preventDefault();
      void run(button, result);
    } },
      chooser("choose-methodology", w("methodology"), methodologies.map((row) => [referenceOf(row), labelOf(c, row)]), entered.name,
        (chosen) => { entered.name = chosen; showMarks(); }),
      marks,
      h("p", { class: "chart-note" }, w("table_hint")),
      h("div", { class: "buttons" }, file, templateButton(text, methodologies), h("label", {}, w("quarter_word"), " ", quarter)),
      text, h("div", { class: "buttons" }, button));
    showMarks();
    content.replaceChildren(form, result);
  };

  // The heads that this methodology wants, above what is there already.
  const templateButton = (text, methodologies) => h("button", { type: "button", id: "template", onclick: () => {
    const { columns = [] } = methodologies.find((row) => referenceOf(row) === entered.name) ?? {};
    text.value = entered.csv = `${["bank_id", "peer_group", ...columns].join(",")}\n${text.value.replace(/^bank_id,.*\n?/, "")}`;
    text.focus();
  } }, w("table_template"));

  const run = async (button, result) => {
    if (!entered.csv.trim()) {
      result.replaceChildren(h("p", { class: "failure", role: "alert" }, w("table_empty")));
      return;
    }
    button.disabled = true;
    result.replaceChildren(h("p", { class: "word" }, w("working")));
    try {
      show(result, await ask("methodology_apply", { methodology: entered.name, values: entered.csv, quarter: entered.quarter }));
    } catch (error) {
      result.replaceChildren(...faultsOf(place.lang, error));
    }
    button.disabled = false;
  };

  const show = (result, answer) => {
    const rows = answer.rows ?? [];
    const mark = answer.is_illustrative ? h("span", { class: "tag" }, w("illustrative")) : undefined;
    const table = makeTable("applied", { place, title: w("apply_result"), mark, rowKey: (row) => row.bank_id, columns: columns(c, rows) });
    table.update(rows);
    const save = h("button", { type: "button", id: "save-csv", onclick: () => saveRows(rows, csvColumns(c, rows, marksOf(answer)), `puhui_${entered.name.replace("@", "_v")}.csv`) },
      w("save_csv"));
    // A table of anybody's values is no run: it is never official, whatever graded it.
    const note = [h("strong", { class: "unofficial" }, named(place.lang, { zh: answer.note_zh, en: answer.note_en }) || w("what_if_mark")),
      answer.is_illustrative ? h("p", { class: "flags" }, w("illustrative_note")) : ""];
    result.replaceChildren(...note, h("div", { class: "buttons" }, save), table.box);
    result.querySelector(".scroll").focus({ preventScroll: true });
  };
  return { content, update };
}

/** A methodology in one line. */
export function labelOf(c, row) {
  const marks = [row.is_illustrative ? c.w("illustrative") : c.w("official")];
  return `${named(c.lang, { zh: row.label_zh, en: row.label_en })} · ${referenceOf(row)} · ${marks.join(" · ")}`;
}

// What a file says of itself, in both languages: it may be sent on without this page.
function marksOf(answer) {
  return [answer.note_zh, answer.note_en, answer.is_illustrative && "示例 illustrative"].filter(Boolean).join(" · ");
}

// A table has as many errors as it has lines that say so: each is told where it stands.
function faultsOf(lang, error) {
  const w = (key) => word(lang, key);
  const lines = (error.en ?? "").split(/\n|; (?=\S*:\d+)/).map((line) => /^[^:]*:(\d+)(?::([^:\s]*))?: *(.*)$/.exec(line)).filter(Boolean);
  if (!lines.length) return [failure(lang, error)];
  return [h("p", { class: "failure", role: "alert" }, w("apply_faults")),
    h("table", { class: "plain", id: "faults" },
      h("thead", {}, h("tr", {}, h("th", { class: "num" }, w("line_word")), h("th", {}, w("fault")))),
      h("tbody", {}, lines.map(([, line, column, text]) => h("tr", {}, h("td", { class: "num" }, figure(line)),
        h("td", {}, column ? `${column}: ` : "", text)))))];
}

function columns(c, rows) {
  const has = (key) => rows.some((row) => row[key] !== undefined && row[key] !== "");
  return [
    { key: "bank_id", head: c.w("bank"), cell: (row) => ({ text: row.bank_name ? c.rowName(row) : row.bank_id, title: row.bank_id }),
      order: (row) => row.bank_id },
    { key: "grade", head: c.w("grade"), className: "grade", order: (row) => -(row.level_place || Infinity),
      cell: (row) => ({ text: gradeName(c, row), nodes: row.level_place === undefined ? undefined
        : gradeNodes(gradeName(c, row), row.level_place, row.level_count) }) },
    { key: "points", head: c.w("total_points"), unit: c.w("points_unit"), isNumber: true,
      cell: (row) => (row.points === "" ? { text: c.name("grades", "not_rated"), isWord: true } : { text: figure(row.points) }),
      order: (row) => (row.points === "" ? null : Number(row.points)) },
    has("rank") && { key: "rank", head: c.w("rank"), isNumber: true, cell: (row) => ({ text: row.rank ? figure(row.rank) : "–" }) },
    has("group") && { key: "group", head: c.w("compared_in"), className: "whole",
      cell: (row) => ({ text: row[`group_${c.lang}`] || row.group || "–", isWord: true }) },
    { key: "reasons", head: c.w("reasons"), className: "text",
      cell: (row) => {
        const texts = (row.reasons ?? []).map((reason) => realMinus(named(c.lang, reason)));
        const caps = (row.caps ?? []).map((cap) => `${named(c.lang, cap)} (${cap.clause})`);
        const all = [...caps, ...texts];
        return { text: all.join("\n") || "–", nodes: all.length ? [h("ul", { class: "reasons" }, all.map((text) => h("li", {}, text)))] : undefined };
      } },
  ].filter(Boolean);
}

function csvColumns(c, rows, mark) {
  const keys = ["bank_id", "bank_name", "points", "grade", "grade_zh", "grade_en", "rank", "group"];
  const known = keys.filter((key) => rows.some((row) => row[key] !== undefined));
  return [...known.map((key) => [(row) => row[key], key]),
    [(row) => (row.reasons ?? []).map((reason) => named(c.lang, reason)).join("; "), "reasons"],
    [() => mark, "note"]];
}
