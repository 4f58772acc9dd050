// 假设试算: what the board would be with other weights, cut-offs or single values. Never official:
// the page says so above the form, in the result and across every printed sheet.

import { ask, read } from "../api.js";
import { Columns } from "../cells.js";
import { addReasons, differenceTable, pairsOf, transitionMatrix } from "../differences.js";
import { h } from "../dom.js";
import { failure, goTo, notHere, offers, chooser, runMarks, runText } from "../grading_parts.js";
import { addressOf, apiAddress } from "../place.js";
import { suppositionText } from "../supposition.js";
import { named, word } from "../words.js";

/** Make the page. The form stays while figures move elsewhere. */
export function makeView(place, names) {
  const w = (key) => word(place.lang, key);
  const c = new Columns(place, names);
  const loud = () => h("strong", { class: "unofficial" }, `${w("what_if")}${place.lang === "en" ? ": " : "："}${w("what_if_mark")}`);
  const content = h("div", {}, loud(), h("div", { class: "watermark", "aria-hidden": "true" }, w("what_if_mark")));
  let drawn = "";
  const update = async (signal) => {
    const board = await read(apiAddress("grades", place, { run: place.run }), signal);
    const told = { ...board, count: board.rows.length, empty: ["no_grades", "no_grades_help"] };
    if (!board.rows.length || drawn === board.run.run_id) return told;
    drawn = board.run.run_id;
    const body = offers(names, "what_if") ? form(board) : [notHere(place.lang, w("what_if"))];
    content.replaceChildren(...[...content.children].slice(0, 2), ...body);
    return told;
  };

  const form = (board) => {
    const state = { weights: new Map(), cutOffs: new Map(), values: [] };
    const text = h("textarea", { id: "supposed-text", spellcheck: "false", "aria-label": w("suppose_text") });
    const result = h("div", { id: "result", "aria-live": "polite" });
    const write = () => { text.value = suppositionText(state); };
    const button = h("button", { type: "submit", class: "main-button", id: "what-if-go" }, w("suppose_go"));
    const reset = h("button", { type: "button", id: "what-if-reset", onclick: () => { drawn = ""; void update(); } }, w("suppose_reset"));
    const node = h("form", { class: "form", onsubmit: (event) => {
      event.preventDefault();
      void run(board, text.value, button, result);
    } },
      runChoice(board), h("p", { class: "chart-note" }, ...runMarks(place.lang, board.run)),
      weightFields(board, state, write), cutOffFields(board, state, write), valueFields(board, state, write),
      h("details", {}, h("summary", {}, w("suppose_text")), text), h("div", { class: "buttons" }, button, reset));
    return [node, result];
  };

  const runChoice = (board) => {
    const runs = (board.runs ?? []).map((run) => [run.run_id, runText(place.lang, run)]);
    return runs.length > 1 ? chooser("choose-run", w("suppose_from"), runs, board.run.run_id, (run) => goTo(addressOf(place, { run }))) : "";
  };

  const weightFields = (board, state, write) => {
    const first = board.rows.find((row) => row.level_place) ?? board.rows[0];
    const weighted = first.indicators.filter((one) => one.weight !== null && one.weight !== "");
    if (!weighted.length) return "";
    const sum = h("output", { id: "weights-sum" });
    const tell = () => {
      const total = weighted.reduce((all, one) => all + Number(state.weights.get(one.name) ?? one.weight), 0);
      sum.textContent = `${w("suppose_weights_sum")} ${Number(total.toFixed(4))}%`;
      sum.classList.toggle("is-changed", Math.abs(total - 100) > 1e-9);
    };
    tell();
    return h("fieldset", {}, h("legend", {}, w("suppose_weights")), weighted.map((one) =>
      numberField((c.lang === "en" ? one.name_en : one.name_zh) || one.code, `weight-${one.name}`, one.weight, [0, 100, 1], (value) => {
        keep(state.weights, one.name, value, one.weight);
        tell();
        write();
      })), sum);
  };

  const cutOffFields = (board, state, write) => {
    const levels = (board.levels ?? []).filter((level) => level.points_min !== "");
    if (!levels.length) return "";
    return h("fieldset", {}, h("legend", {}, w("suppose_cut_offs")), levels.map((level) =>
      numberField(named(c.lang, level), `cut-off-${level.name}`, level.points_min, [0, 100, 0.5], (value) => {
        keep(state.cutOffs, level.name, value, level.points_min);
        write();
      })));
  };

  const valueFields = (board, state, write) => {
    const list = h("div", {});
    const indicators = [...new Map(board.rows.flatMap((row) => row.indicators).map((one) => [one.name, one])).values()];
    const add = () => {
      const value = { bank_id: board.rows[0].bank_id, column: indicators[0]?.name ?? "", value: "" };
      state.values.push(value);
      const input = h("input", { class: "short", inputmode: "decimal", "aria-label": w("value_word"),
        oninput: () => { value.value = input.value.trim(); write(); } });
      const hint = h("small", { class: "word" });
      const show = () => {
        const one = board.rows.find((row) => row.bank_id === value.bank_id)?.indicators.find((found) => found.name === value.column);
        hint.textContent = one ? `${w("figure")} ${one.value || named(c.lang, { zh: one.status_zh, en: one.status_en }) || c.name("statuses", one.status)} ${one[`unit_${c.lang}`] ?? ""}` : "";
        write();
      };
      const line = h("div", { class: "buttons" },
        chooser(`value-bank-${state.values.length}`, w("bank"), board.rows.map((row) => [row.bank_id, c.rowName(row)]), value.bank_id,
          (bank) => { value.bank_id = bank; show(); }),
        chooser(`value-column-${state.values.length}`, w("indicator"), indicators.map((one) => [one.name, (c.lang === "en" ? one.name_en : one.name_zh) || one.code]),
          value.column, (column) => { value.column = column; show(); }),
        input, hint, h("button", { type: "button", onclick: () => {
          state.values.splice(state.values.indexOf(value), 1);
          line.remove();
          write();
        } }, w("suppose_remove")));
      list.append(line);
      show();
    };
    return h("fieldset", {}, h("legend", {}, w("suppose_values")), list,
      h("button", { type: "button", id: "add-value", onclick: add }, w("suppose_add")));
  };

  const run = async (board, supposed, button, result) => {
    if (!supposed.trim()) {
      result.replaceChildren(h("p", { class: "failure", role: "alert" }, w("suppose_none")));
      return;
    }
    button.disabled = true;
    result.replaceChildren(h("p", { class: "word" }, w("working")));
    try {
      show(board, await ask("what_if", { run_id: board.run.run_id, supposed }), result);
    } catch (error) {
      result.replaceChildren(failure(place.lang, error));
    }
    button.disabled = false;
  };

  const show = (board, answer, result) => {
    // The levels are those of the board, whatever their cut-offs are now.
    const places = new Map((board.levels ?? []).map((level, n) => [level.name, n + 1]));
    const rows = (answer.rows ?? []).map((row) => (places.size
      ? { ...row, level_place: places.get(row.grade) ?? 0, level_count: places.size } : row));
    const pairs = pairsOf(board.rows, rows);
    addReasons(place.lang, pairs, answer.changes ?? []);
    const moving = pairs.filter((pair) => pair.moves).length;
    const run = { ...answer, is_what_if: true };
    result.replaceChildren(...runMarks(place.lang, run),
      moving ? "" : h("p", {}, w("suppose_same")),
      transitionMatrix(c, pairs),
      differenceTable(place, c, pairs, { id: "supposed", title: `${w("movers")} (${moving}) · ${w("what_if_mark")}` }));
    result.scrollIntoView({ block: "start" });
  };
  return { content, update };
}

function keep(found, name, value, original) {
  if (value === "" || Number(value) === Number(original)) found.delete(name);
  else found.set(name, value);
}

/** A slider and a number that say the same. */
function numberField(label, id, value, [min, max, step], onChange) {
  const mark = (input, now) => input.classList.toggle("is-changed", Number(now) !== Number(value));
  const slider = h("input", { type: "range", id: `${id}-slider`, min, max, step, value, "aria-label": label });
  const number = h("input", { type: "number", id, min, max, step: "any", value, "aria-label": label });
  const said = (from, to) => () => {
    to.value = from.value;
    mark(number, from.value);
    onChange(from.value);
  };
  slider.addEventListener("input", said(slider, number));
  number.addEventListener("input", said(number, slider));
  return h("div", { class: "field" }, h("label", { for: id }, label), h("div", { class: "pair-input" }, slider, number));
}
