// How sure the grades of a run are: what was varied, which choice matters most, and which grades
// hang on a single indicator. For graders only, and never official.

import { ask } from "./api.js";
import { h } from "./dom.js";
import { figure } from "./format.js";
import { failure, offers } from "./grading_parts.js";
import { named } from "./words.js";

/** The parts below the board: closed at first, for they are many words. */
export function stabilityParts(c, names, runId, told) {
  const choices = told.choices ?? {};
  const facts = [choices.draw_count && `${figure(choices.draw_count)} ${c.w("draws")}`, choices.seed !== undefined && `${c.w("seed")} ${choices.seed}`];
  return [h("details", { class: "section", id: "how-sure" }, h("summary", {}, c.w("how_sure")),
    h("p", { class: "flags" }, named(c.lang, { zh: told.note_zh, en: told.note_en }), " ", c.w("graders_only")),
    h("h3", {}, c.w("assumptions"), " ", h("small", { class: "word" }, facts.filter(Boolean).join(" · "))),
    h("ul", {}, (told.assumptions ?? []).map((one) => h("li", {}, named(c.lang, one)))),
    effectsTable(c, told.effects ?? []), leftOut(c, names, runId))];
}

function effectsTable(c, effects) {
  if (!effects.length) return "";
  return h("div", {}, h("h3", {}, c.w("effects")), h("table", { class: "plain", id: "effects" },
    h("thead", {}, h("tr", {}, h("th", {}, c.w("choice_word")), h("th", { class: "num" }, c.w("changed_percent"), h("span", { class: "unit" }, "%")))),
    h("tbody", {}, effects.map((one) => h("tr", {}, h("th", { scope: "row" }, named(c.lang, one)),
      h("td", { class: "num" }, figure(one.changed_percent)))))));
}

// Read when somebody opens it: every indicator is left out and all banks are graded again.
function leftOut(c, names, runId) {
  if (!offers(names, "leave_one_out")) return "";
  const list = h("div", {});
  const details = h("details", { id: "left-out" }, h("summary", {}, c.w("left_out")), list);
  details.addEventListener("toggle", async () => {
    if (!details.open || list.hasChildNodes()) return;
    list.replaceChildren(h("p", { class: "word" }, c.w("working")));
    try {
      const { rows } = await ask("leave_one_out", { run_id: runId });
      list.replaceChildren(rows.length ? leftOutTable(c, rows) : h("p", { class: "word" }, c.w("left_out_none")));
    } catch (error) {
      list.replaceChildren(failure(c.lang, error));
    }
  });
  return details;
}

function leftOutTable(c, rows) {
  const heads = ["indicator", "bank", "now_word", "without", "total_points", "rank"];
  return h("table", { class: "plain" },
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, c.w(head))))),
    h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, named(c.lang, { zh: row.name_zh, en: row.name_en })),
      h("td", {}, c.rowName(row)), h("td", {}, c.name("grades", row.grade)), h("td", {}, c.name("grades", row.grade_without)),
      h("td", { class: "num" }, `${figure(row.total_points || "–")} → ${figure(row.total_points_without || "–")}`),
      h("td", { class: "num" }, `${row.rank || "–"} → ${row.rank_without || "–"}`)))));
}
