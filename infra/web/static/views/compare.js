// 比较: two runs, or two methodologies on the same data: who moves between grades, and why.

import { ask, read } from "../api.js";
import { Columns } from "../cells.js";
import { addReasons, differenceTable, pairsOf, pairsOfRows, transitionMatrix } from "../differences.js";
import { h } from "../dom.js";
import { chooser, failure, goTo, notHere, offers, runMarks, runText } from "../grading_parts.js";
import { addressOf, apiAddress } from "../place.js";
import { quarterName, word } from "../words.js";
import { labelOf } from "./apply.js";
import { referenceOf } from "./methodologies.js";

/** Make the page; what is compared is in the address. */
export function makeView(place, names) {
  const w = (key) => word(place.lang, key);
  const c = new Columns(place, names);
  const content = h("div", {});
  const update = async (signal) => {
    const board = await read(apiAddress("grades", place), signal);
    const told = { ...board, count: board.rows.length, empty: ["no_grades", "no_grades_help"] };
    if (!board.rows.length) return told;
    const forms = h("div", { class: "form" }, runsForm(board), await methodsForm(signal));
    const result = h("div", { id: "result", "aria-live": "polite" });
    result.append(...await compared(board, signal));
    content.replaceChildren(forms, result);
    return told;
  };

  const runsForm = (board) => {
    const runs = [...(board.runs ?? []), ...earlierOf(board)];
    const options = [["", "–"], ...runs.map((run) => [run.run_id, `${quarterName(place.lang, run.quarter)} · ${runText(place.lang, run)}`])];
    const chosen = { run: place.run, other: place.other };
    const goWhenBoth = () => chosen.run && chosen.other
      && goTo(addressOf(place, { ...chosen, methodology: "", against: "" }));
    return h("fieldset", {}, h("legend", {}, w("compare_runs")),
      h("div", { class: "buttons" },
        chooser("choose-from", w("from_side"), options, place.run, (run) => { chosen.run = run; goWhenBoth(); }),
        chooser("choose-to", w("to_side"), options, place.other, (run) => { chosen.other = run; goWhenBoth(); })));
  };

  const methodsForm = async (signal) => {
    const legend = h("legend", {}, w("compare_methods"));
    if (!offers(names, "methods_compare") || !offers(names, "methodology_list")) {
      return h("fieldset", {}, legend, notHere(place.lang));
    }
    const { rows } = await ask("methodology_list", {}, signal);
    const options = [["", "–"], ...rows.map((row) => [referenceOf(row), labelOf(c, row)])];
    const chosen = { methodology: place.methodology, against: place.against };
    const goWhenBoth = () => chosen.methodology && chosen.against
      && goTo(addressOf(place, { ...chosen, run: "", other: "" }));
    return h("fieldset", {}, legend, h("div", { class: "buttons" },
      chooser("choose-method-from", w("from_side"), options, place.methodology, (name) => { chosen.methodology = name; goWhenBoth(); }),
      chooser("choose-method-to", w("to_side"), options, place.against, (name) => { chosen.against = name; goWhenBoth(); })));
  };

  const compared = async (board, signal) => {
    try {
      if (place.run && place.other) return await runsCompared(signal);
      if (place.methodology && place.against) {
        return await methodsCompared(board.quarter, signal);
      }
    } catch (error) {
      if (error.name === "AbortError") throw error;
      return [failure(place.lang, error)];
    }
    return [h("div", { class: "empty" }, h("b", {}, w("compare_need")), w("compare_need_help"))];
  };

  /** The boards of both runs; the verb that knows why a figure moved tells it where it is there. */
  const runsCompared = async (signal) => {
    const [from, to] = await Promise.all([place.run, place.other].map((run) => read(apiAddress("grades", place, { run }), signal)));
    const why = offers(names, "runs_compare") ? await ask("runs_compare", { before: place.run, after: place.other }, signal) : { rows: [] };
    const pairs = pairsOf(from.rows, to.rows);
    addReasons(place.lang, pairs, why.rows);
    return shown(pairs, [[w("from_side"), from.run], [w("to_side"), to.run]]);
  };

  const methodsCompared = async (quarter, signal) => {
    const levelsOf = async (methodology) => (offers(names, "methodology_show")
      ? (await ask("methodology_show", { methodology }, signal)).said.grading.levels.map((level) => level.name) : undefined);
    const [answer, before, after] = await Promise.all([
      ask("methods_compare", { quarter, methodology: place.methodology, other: place.against }, signal),
      levelsOf(place.methodology), levelsOf(place.against)]);
    // Neither is stored as a run, so there is none to link to.
    return shown(pairsOfRows(place.lang, answer.rows, { before, after }),
      [[w("from_side"), { ...answer.before, run_id: "" }], [w("to_side"), { ...answer.after, run_id: "" }]]);
  };

  // A mark that both sides have is said once.
  const marksOf = (sides) => {
    const marks = sides.flatMap(([, run]) => runMarks(place.lang, run)).filter((mark) => mark !== " ");
    return [...new Map(marks.map((mark) => [mark.textContent, mark])).values()].flatMap((mark) => [mark, " "]);
  };

  const shown = (pairs, sides) => {
    const movers = pairs.filter((pair) => pair.moves);
    return [
      h("dl", { class: "headline" }, sides.map(([side, run]) => h("div", {}, h("dt", {}, side),
        h("dd", {}, h("small", {}, run.run_id ? `${quarterName(place.lang, run.quarter)} · ${runText(place.lang, run)}` : `${quarterName(place.lang, run.quarter)} · ${run.methodology}@${run.methodology_version}`))))),
      h("p", { class: "summary" }, ...marksOf(sides)),
      transitionMatrix(c, pairs),
      movers.length ? "" : h("p", {}, w("movers_none")),
      differenceTable(place, c, pairs, { id: "compared", title: `${w("movers")} (${movers.length}) · ${w("all_banks")} (${pairs.length})` }),
    ];
  };
  return { content, update };
}

// The run before: what a quarter is compared with more often than with another of its own.
function earlierOf(board) {
  const row = board.rows.find((one) => one.last_run_id);
  return row ? [{ run_id: row.last_run_id, quarter: row.last_quarter, methodology: board.run.methodology,
    methodology_zh: board.run.methodology_zh, methodology_en: board.run.methodology_en }] : [];
}
