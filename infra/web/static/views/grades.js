// 评估: the board of a grading run. A grade carries its word and a shape, never colour alone; not
// rated is not the lowest grade. What takes longer to know, such as stability, comes after the table.

import { ask, read } from "../api.js";
import { boardColumns } from "../board_columns.js";
import { Columns } from "../cells.js";
import { h } from "../dom.js";
import { figure } from "../format.js";
import { chooser, failure, gradeNodes, goTo, offers, runMarks, runText, shapeOf, versionText } from "../grading_parts.js";
import { addressOf, apiAddress } from "../place.js";
import { stabilityParts } from "../stability.js";
import { makeTable } from "../table.js";
import { named, word } from "../words.js";

// A run never changes, so what its draws say is asked for once.
const stabilities = new Map();

/** Make the page; `update` reads and shows the newest rows. */
export function makeView(place, names) {
  const w = (key) => word(place.lang, key);
  const c = new Columns(place, names);
  const mark = h("span", { class: "tag", hidden: true }, w("illustrative"));
  const parts = Object.fromEntries(["choices", "summary", "life", "counts", "table", "sure"].map((id) =>
    [id, h(id === "summary" ? "p" : "div", { class: id === "table" ? undefined : `board-${id} ${id}` })]));
  const content = h("div", {}, ...Object.values(parts));
  let shown = { signature: "", table: null, sure: "" };
  let board;

  const draw = () => {
    const hasDraws = offers(names, "uncertainty");
    const columns = boardColumns(c, board, hasDraws ? (bank) => stabilityOf(board.run.run_id, bank) : undefined);
    const signature = columns.map((column) => column.key).join();
    if (signature !== shown.signature) {
      const more = { run: place.run, methodology: place.methodology, format: "csv" };
      const table = makeTable("board", { place, title: w("board"), mark, rowKey: (row) => row.bank_id,
        csv: apiAddress("grades", place, more), columns, note: noteOf(c, board, hasDraws) });
      parts.table.replaceChildren(table.box);
      shown = { ...shown, signature, table };
    }
    shown.table.update(board.rows);
    const told = stabilities.get(board.run?.run_id);
    if (told && shown.sure !== board.run.run_id) {
      shown.sure = board.run.run_id;
      parts.sure.replaceChildren(...stabilityParts(c, names, board.run.run_id, told));
    }
  };

  const update = async (signal) => {
    board = await read(apiAddress("grades", place, { run: place.run, methodology: place.methodology }), signal);
    const run = board.run ?? {};
    mark.hidden = !run.is_illustrative;
    parts.summary.replaceChildren(...(board.rows.length ? [methodText(c, run), " ", ...runMarks(place.lang, run)] : []));
    parts.counts.replaceChildren(...countsOf(c, board));
    draw();
    if (board.rows.length) {
      showChoices([]);
      void lateParts(signal);
    }
    return { ...board, count: board.rows.length, empty: ["no_grades", "no_grades_help"] };
  };

  const showChoices = (published) => {
    const runs = board.runs ?? [];
    const options = [["", w("run_newest")], ...runs.map((run) => [run.run_id, runText(place.lang, run, published)])];
    parts.choices.replaceChildren(...(runs.length > 1 || place.run
      ? [chooser("choose-run", w("run"), options, place.run, (run) => goTo(addressOf(place, { run })))] : []));
  };

  /** What is asked of other parts; a page without it still holds the grades. */
  const lateParts = async (signal) => {
    const id = board.run.run_id;
    const asks = [];
    // The table stands without them: what failed is said in the place where it is missing.
    const late = (verb, body, host, show) => asks.push(ask(verb, body, signal).then(show).catch((error) => {
      if (error.name !== "AbortError") host.replaceChildren(failure(place.lang, error));
    }));
    if (offers(names, "quarter_show")) {
      late("quarter_show", { quarter: board.quarter }, parts.life, (life) => {
        parts.life.replaceChildren(...lifeOf(c, life, id));
        showChoices(life.published ?? []);
      });
    }
    if (offers(names, "uncertainty") && !stabilities.has(id)) {
      late("uncertainty", { run_id: id }, parts.sure, (told) => {
        stabilities.set(id, told);
        if (board.run.run_id === id) draw();
      });
    }
    await Promise.all(asks);
  };
  return { content, update };
}

/** What the draws of a run say of a bank; undefined until they are there. */
function stabilityOf(run, bank) {
  const told = stabilities.get(run);
  return told && ((told.rows ?? []).find((row) => row.bank_id === bank) ?? {});
}

function methodText(c, run) {
  const [colon, stop] = c.lang === "en" ? [": ", "."] : ["：", "。"];
  return `${c.w("methodology")}${colon}${run[`methodology_${c.lang}`] || run.methodology}${stop}`;
}

function noteOf(c, board, hasDraws) {
  const hasDistance = board.rows.some((row) => row.to_next_points);
  if (!hasDraws && !hasDistance) return undefined;
  return [hasDistance && c.w("to_next"), hasDraws && c.w("stability")].filter(Boolean)
    .join(c.lang === "en" ? ", " : "、") + (c.lang === "en" ? ": " : "：") + c.w("graders_only");
}

/** State and version of the quarter, and which of them this run is. */
function lifeOf(c, life, run) {
  const published = (life.published ?? []).find((one) => one.run_id === run);
  const words = [
    named(c.lang, { zh: life.state_zh, en: life.state_en }) || stateWord(c, life.state),
    life.version && versionText(c.lang, life.version),
    published && `${c.w("run_published")} ${versionText(c.lang, published.version)} ${published.document_number ?? ""}`,
  ].filter(Boolean);
  return [`${c.w("quarter_state")}${c.lang === "en" ? ": " : "："}`,
    h("a", { href: addressOf(c.place, { view: "desk", bank: "", run: "", sort: "" }) }, words.join(" · "))];
}

function stateWord(c, state) {
  try {
    return c.w(`state_${state}`);
  } catch {
    return state;
  }
}

/** How many banks have each grade, with the cut-offs of the methodology. */
function countsOf(c, board) {
  const levels = (board.levels ?? []).length ? board.levels : gradesOf(board.rows);
  const of = (name) => board.rows.filter((row) => row.grade === name).length;
  const notRated = of("not_rated");
  const items = levels.map((level, n) => h("span", { class: "level" },
    ...gradeNodes(named(c.lang, level), level.place ?? n + 1, level.count ?? levels.length), " ",
    h("b", {}, figure(of(level.name))),
    level.points_min ? h("small", {}, ` ${level.is_bound_included === false ? ">" : "≥"} ${figure(level.points_min)}`) : ""));
  if (notRated) items.push(h("span", { class: "level" }, shapeOf(0), " ", c.name("grades", "not_rated"), " ", h("b", {}, figure(notRated))));
  return board.rows.length ? items : [];
}

function gradesOf(rows) {
  const found = new Map();
  for (const row of rows) {
    if (row.level_place) {
      found.set(row.grade, { name: row.grade, zh: row.grade_zh, en: row.grade_en, place: row.level_place, count: row.level_count });
    }
  }
  return [...found.values()];
}
