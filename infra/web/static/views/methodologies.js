// 评估办法: what a methodology file says, in a form to be read: indicators with weight and scoring,
// cut-offs, caps with their clause, where it comes from, and whether it is official.

import { ask } from "../api.js";
import { Columns } from "../cells.js";
import { h } from "../dom.js";
import { figure } from "../format.js";
import { notHere, offers } from "../grading_parts.js";
import { addressOf } from "../place.js";
import { named, word } from "../words.js";

/** Make the page; files do not change while it is open. */
export function makeView(place, names) {
  const w = (key) => word(place.lang, key);
  const c = new Columns(place, names);
  const content = h("div", {});
  let isDrawn = false;
  const update = async (signal) => {
    const told = { count: 1, quarter: "", data_version: "" };
    if (isDrawn) return told;
    if (!offers(names, "methodology_list")) {
      content.replaceChildren(notHere(place.lang, w("methodologies")));
      return told;
    }
    const { rows } = await ask("methodology_list", {}, signal);
    const parts = [listOf(c, rows)];
    if (place.methodology && offers(names, "methodology_show")) {
      parts.push(...shown(c, await ask("methodology_show", { methodology: place.methodology }, signal), names));
    }
    isDrawn = true;
    content.replaceChildren(...parts);
    return told;
  };
  return { content, update };
}

/** How a verb is told of a methodology. */
export function referenceOf(row) {
  return `${row.methodology}@${row.version}`;
}

function listOf(c, rows) {
  const heads = [c.w("methodology"), c.w("version_short"), c.w("state"), c.w("in_effect"), c.w("source_basis")];
  return h("section", { class: "section" }, h("h2", {}, c.w("methodologies")),
    h("table", { class: "plain", id: "methodologies" },
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, head)))),
      h("tbody", {}, rows.map((row) => h("tr", { class: referenceOf(row) === c.place.methodology ? "is-chosen" : undefined },
        h("th", { scope: "row" }, h("a", { href: addressOf(c.place, { methodology: referenceOf(row) }) },
          named(c.lang, { zh: row.label_zh, en: row.label_en }))),
        h("td", {}, referenceOf(row)),
        h("td", {}, row.is_illustrative ? h("span", { class: "tag" }, c.w("illustrative")) : c.w("official")),
        h("td", { class: "nowrap" }, row.effective_from ? `${row.effective_from}–${row.effective_to ?? ""}` : ""),
        h("td", {}, named(c.lang, { zh: row.basis_zh, en: row.basis_en })))))));
}

function shown(c, answer, names) {
  const shape = answer.said;
  const label = named(c.lang, { zh: shape.label_zh, en: shape.label_en }) || shape.name;
  return [
    h("h2", { id: "chosen" }, label, shape.is_illustrative ? h("span", { class: "tag" }, c.w("illustrative")) : ""),
    shape.is_illustrative ? h("p", { class: "flags" }, c.w("illustrative_note")) : "",
    h("p", { class: "chart-note" }, named(c.lang, { zh: shape.basis_zh, en: shape.basis_en })),
    offers(names, "methodology_apply") ? h("p", {}, h("a", { href: addressOf(c.place, { view: "apply" }) }, c.w("use_it"))) : "",
    indicatorsTable(c, shape), levelsTable(c, shape), capsTable(c, shape),
    h("section", { class: "section", id: "sentences" }, h("h2", {}, c.w("full_text")),
      h("ol", {}, (answer.rows ?? []).map((row) => h("li", {}, row[`sentence_${c.lang}`])))),
  ].filter(Boolean);
}

function table(id, title, heads, lines) {
  if (!lines.length) return "";
  return h("section", { class: "section" }, h("h2", {}, title), h("table", { class: "plain", id },
    h("thead", {}, h("tr", {}, heads.map(([head, isNumber]) => h("th", { class: isNumber ? "num" : undefined }, head)))),
    h("tbody", {}, lines.map((cells) => h("tr", {}, cells.map((text, n) => h("td", { class: heads[n][1] ? "num" : undefined }, text)))))));
}

function indicatorsTable(c, shape) {
  const heads = [[c.w("indicator")], [c.w("role")], [c.w("weight"), true], [c.w("points_range"), true], [c.w("direction")], [c.w("normaliser")], [c.w("clause")]];
  return table("indicators", c.w("indicators"), heads, (shape.indicators ?? []).map((one) => [
    named(c.lang, { zh: one.label_zh, en: one.label_en }) || one.name,
    c.w(`role_${one.role ?? "regular"}`),
    one.weight_percent === null || one.weight_percent === undefined ? "–" : `${figure(one.weight_percent)}%`,
    `${figure(one.points_min ?? 0)} – ${figure(one.points_max ?? 100)}`,
    c.w(`direction_${one.direction ?? "higher"}`),
    kindsOf(one.normaliser), one.clause ?? ""]));
}

// The kind as the file names it; a mix names what it is mixed of.
function kindsOf(normaliser) {
  if (!normaliser) return "–";
  const kind = normaliser.kind ?? "";
  return normaliser.parts ? `${kind} (${normaliser.parts.map((part) => `${part.of} ${part.share_percent}%`).join(" + ")})` : kind;
}

function levelsTable(c, shape) {
  const heads = [[c.w("level")], [c.w("from_points"), true], [c.w("share"), true]];
  const text = (value) => (value === null || value === undefined ? "–" : figure(value));
  return table("levels", c.w("cut_offs"), heads, (shape.grading?.levels ?? []).map((level) =>
    [named(c.lang, level), text(level.points_min), text(level.share_percent)]));
}

function capsTable(c, shape) {
  return table("caps", c.w("caps"), [[c.w("clause")], [c.w("caps")]], (shape.caps ?? []).map((cap) => [cap.clause, named(c.lang, cap)]));
}
