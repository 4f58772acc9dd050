// 评估说明: why a bank has its grade, from the grade down to the figures and the events behind them.
// Every node of the tree shows its formula and the figures that went into it, and has an address.

import { ask, read } from "../api.js";
import { gradeName } from "../board_columns.js";
import { Columns } from "../cells.js";
import { h } from "../dom.js";
import { figure, realMinus, scaled, yuan } from "../format.js";
import { drawTree } from "../explanation_tree.js";
import { bridgeOf } from "../panel.js";
import { chooser, failure, gradeNodes, goTo, notHere, offers, runMarks, saveFile } from "../grading_parts.js";
import { addressOf, apiAddress } from "../place.js";
import { named, quarterName, word } from "../words.js";

const EVENTS_MAX = 200;
const EVENT_COLUMNS = {
  occurred_on: ["日期", "Day"], event_type: ["业务", "Event"], event_id: ["业务编号", "Event id"], borrower_id: ["借款人", "Borrower"],
  loan_kind: ["贷款种类", "Kind of loan"], amount_cny_minor: ["金额（元）", "Amount (CNY)"], moved_minor: ["对余额的变动（元）", "Change of balance (CNY)"],
  rate_mbp: ["利率（%）", "Rate (%)"], place: ["存储位置", "Stored at"],
};

/** Make the page; it stays as it is while figures move, for a run never changes. */
export function makeView(place, names) {
  const w = (key) => word(place.lang, key);
  const c = new Columns(place, names);
  const content = h("div", {});
  let drawn = "";
  let tree;
  const update = async (signal) => {
    const board = await read(apiAddress("grades", place, { run: place.run, methodology: place.methodology }), signal);
    const row = board.rows.find((one) => one.bank_id === place.bank);
    const told = { ...board, count: board.rows.length && row ? 1 : 0,
      empty: board.rows.length ? ["choose_bank", "choose_bank_help"] : ["no_grades", "no_grades_help"] };
    if (!row || drawn === board.run.run_id) return told;
    drawn = board.run.run_id;
    const parts = Object.fromEntries(["explained", "history", "events", "next"].map((id) => [id, h("section", { class: "section", id })]));
    content.replaceChildren(
      h("p", { class: "summary" }, ...runMarks(place.lang, board.run)),
      bankChooser(place, c, board.rows),
      headline(c, row), capsOf(c, row), reasons(c, row), parts.explained, parts.next, parts.history, parts.events);
    tree = undefined;
    const asked = { run_id: board.run.run_id, bank_id: place.bank };
    await Promise.all([
      late(parts.explained, "explain", w("explain_tree"), asked, (answer) => {
        tree = drawTree(place, c, answer.tree);
        return [fileButton(asked), ...tree.nodes, ...bridgesOf(c, row, answer)];
      }, signal),
      late(parts.history, "grade_history", w("history_table"), { bank_id: place.bank }, (answer) => [historyTable(c, answer.rows ?? [])], signal),
      late(parts.next, "next_grade", w("next_step"), asked, (answer) => nextParts(c, row, answer), signal),
    ]);
    drawEvents(parts.events, board.run.run_id, row);
    tree?.open(place.node);
    return told;
  };

  /** Fill a section with what a verb answers; say in words where there is none. */
  const late = async (host, verb, title, body, nodesOf, signal) => {
    host.replaceChildren(h("h2", {}, title));
    if (!offers(names, verb)) {
      host.append(notHere(place.lang, ""));
      return;
    }
    try {
      host.append(...nodesOf(await ask(verb, body, signal)));
    } catch (error) {
      if (error.name === "AbortError") throw error;
      host.append(failure(place.lang, error));
    }
  };

  const fileButton = (asked) => {
    if (!offers(names, "explain_file")) return "";
    const button = h("button", { type: "button", id: "explain-file", onclick: async () => {
      button.disabled = true;
      try {
        saveFile(await ask("explain_file", { ...asked, lang: place.lang }));
      } catch (error) {
        button.after(failure(place.lang, error));
      }
      button.disabled = false;
    } }, w("xlsx"));
    return h("div", { class: "buttons" }, button);
  };

  /** Events are many, so they are read for one indicator at a time, when somebody asks. */
  const drawEvents = (host, runId, row) => {
    host.replaceChildren(h("h2", {}, w("events_behind")));
    if (!offers(names, "explain_events")) {
      host.append(notHere(place.lang));
      return;
    }
    const list = h("div", {});
    const columns = row.indicators.map((one) => [one.name, named(place.lang, { zh: one.name_zh, en: one.name_en }) || one.code]);
    let column = columns[0]?.[0] ?? "";
    const button = h("button", { type: "button", id: "read-events", onclick: async () => {
      list.replaceChildren(h("p", { class: "word" }, w("loading")));
      try {
        const answer = await ask("explain_events", { run_id: runId, bank_id: place.bank, column, limit: EVENTS_MAX });
        list.replaceChildren(...eventParts(c, answer));
      } catch (error) {
        list.replaceChildren(failure(place.lang, error));
      }
    } }, w("events_load"));
    host.append(h("div", { class: "buttons" },
      chooser("choose-column", w("indicator"), columns, column, (chosen) => { column = chosen; }), button), list);
  };
  // A node's address is opened in the tree that is there already.
  return { content, update, choose: (_bank, at) => tree?.open(at.node) };
}

function bankChooser(place, c, rows) {
  const options = rows.map((row) => [row.bank_id, c.rowName(row)]);
  return h("div", { class: "board-choices" },
    chooser("choose-bank", c.w("bank"), options, place.bank, (bank) => goTo(addressOf(place, { bank, node: "" }))));
}

function headline(c, row) {
  const pair = (name, ...nodes) => h("div", {}, h("dt", {}, name), h("dd", {}, nodes));
  const small = (text) => h("small", {}, text);
  const last = row.last_grade && named(c.lang, { zh: row.last_grade_zh, en: row.last_grade_en });
  return h("dl", { class: "headline" },
    pair(c.w("bank"), c.rowName(row)),
    pair(c.w("grade"), ...gradeNodes(gradeName(c, row), row.level_place, row.level_count)),
    last ? pair(`${c.w("last_grade")} (${quarterName(c.lang, row.last_quarter)})`, last, " ",
      row.movement && row.movement !== "same" ? small(`${row.movement === "up" ? "▲" : "▼"} ${c.w(`moved_${row.movement}`)}`) : "") : "",
    row.points !== "" && pair(c.w("total_points"), figure(row.points), " ", small(c.w("points_unit"))),
    row.rank ? pair(c.w("rank"), `${figure(row.rank)} / ${figure(row.group_size_count)}`, " ", small(row[`group_${c.lang}`] ?? "")) : "",
    row.to_next_points ? pair(c.w("to_next"), figure(row.to_next_points), " ", small(c.w("points_unit"))) : "");
}

function capsOf(c, row) {
  const caps = row.caps ?? [];
  if (!caps.length) return "";
  return h("p", { class: "flags" }, `${c.w("caps")}${c.lang === "en" ? ": " : "："}`,
    caps.map((cap) => `${named(c.lang, cap)} (${cap.clause}): ${cap.before} → ${cap.after}`).join("; "));
}

function reasons(c, row) {
  if (!row.reasons.length) return h("p", { class: "word" }, `${c.w("reasons")}${c.lang === "en" ? ": " : "："}${c.w("none")}`);
  return h("section", { class: "section" }, h("h2", {}, c.w("ranked_reasons")),
    h("table", { class: "reason-table", id: "reasons" },
      h("thead", {}, h("tr", {}, h("th", {}, c.w("reasons")), h("th", { class: "num" }, c.w("won_lost")))),
      h("tbody", {}, row.reasons.map((reason) => h("tr", {}, h("td", {}, realMinus(named(c.lang, reason))),
        h("td", { class: "num" }, figure(reason.points, true)))))));
}

function historyTable(c, rows) {
  if (!rows.length) return h("p", { class: "word" }, c.w("history_none"));
  const heads = [c.w("quarter_word"), c.w("grade"), c.w("total_points"), c.w("rank"), c.w("published_version"), c.w("methodology")];
  return h("table", { class: "plain", id: "grade-history" },
    h("thead", {}, h("tr", {}, heads.map((head, n) => h("th", { class: n > 1 && n < 5 ? "num" : undefined }, head)))),
    h("tbody", {}, rows.map((row) => h("tr", {},
      h("th", { scope: "row" }, h("a", { href: addressOf(c.place, { quarter: row.quarter, run: row.run_id ?? "", node: "" }) }, quarterName(c.lang, row.quarter))),
      h("td", { class: "grade" }, row[`grade_${c.lang}`] || c.name("grades", row.grade)),
      h("td", { class: "num" }, row.points ? figure(row.points) : "–"),
      h("td", { class: "num" }, row.rank ? figure(row.rank) : "–"),
      h("td", { class: "num" }, row.published_version ? figure(row.published_version) : "–"),
      h("td", {}, (row[`methodology_${c.lang}`] || row.methodology) ?? "", " ", row.is_illustrative ? h("span", { class: "tag" }, c.w("illustrative")) : "")))));
}

/** The smallest change of each indicator that lifts the grade, verified by applying it. */
function nextParts(c, row, answer) {
  const marks = [h("p", { class: "flags" }, named(c.lang, { zh: answer.note_zh, en: answer.note_en }) || c.w("graders_only"))];
  if (!answer.next_grade) return [...marks, h("p", { class: "word" }, row.level_place === 1 ? c.w("top_grade") : c.w("none"))];
  const lifts = answer.rows ?? [];
  if (!lifts.length) return [...marks, h("p", { class: "word" }, c.w("lifts_none"))];
  const unitOf = (lift) => named(c.lang, { zh: unitsOf(row, lift).unit_zh, en: unitsOf(row, lift).unit_en });
  const heads = [["indicator"], ["now_word", true], ["needed", true], ["points_change", true], ["gives"], ["state"]];
  return [...marks, h("table", { class: "plain", id: "lifts" },
    h("thead", {}, h("tr", {}, heads.map(([head, isNumber]) => h("th", { class: isNumber ? "num" : undefined }, c.w(head === "points_change" ? "change_word" : head))))),
    h("tbody", {}, lifts.map((lift) => h("tr", {},
      h("th", { scope: "row" }, named(c.lang, { zh: lift.name_zh, en: lift.name_en })),
      h("td", { class: "num" }, figure(lift.value), unitOf(lift)), h("td", { class: "num" }, figure(lift.new_value), unitOf(lift)),
      h("td", { class: "num" }, figure(lift.change, true)),
      h("td", {}, c.name("grades", lift.grade), " ", h("small", { class: "word" }, `${figure(lift.total_points)} ${c.w("points_unit")}`)),
      h("td", {}, lift.is_verified ? `✓ ${c.w("verified")}` : "–")))))];
}

function unitsOf(row, lift) {
  return row.indicators.find((one) => one.name === lift.indicator) ?? {};
}

/** The balances that the growths came from, from opening to closing, to the fen. */
function bridgesOf(c, row, answer) {
  const bridges = (answer.bridges ?? []).filter((bridge) => bridge.status === "ok");
  if (!bridges.length) return [];
  const names = new Map(row.indicators.map((one) => [one.name, named(c.lang, { zh: one.name_zh, en: one.name_en })]));
  return [h("h2", {}, c.w("bridge")), h("div", { class: "bridges" }, bridges.map((bridge) => h("div", { "data-bridge": bridge.column },
    h("h3", {}, names.get(bridge.column) ?? bridge.column),
    bridge.is_same === false ? h("p", { class: "flags" }, c.w("bridge_moved")) : "", ...bridgeOf(c, bridge))))];
}

function eventParts(c, answer) {
  const rows = answer.rows ?? [];
  const facts = [answer.population && c.name("populations", answer.population), `${answer.first_quarter ?? ""} – ${answer.last_quarter ?? ""}`,
    `${figure(answer.event_count ?? rows.length)} ${c.w("behind_count")}`,
    answer.moved_minor !== undefined && `${c.w("moved_sum")} ${yuan(answer.moved_minor)} ${c.w("yuan")}`];
  const told = [h("p", { class: "chart-note" }, facts.filter(Boolean).join(" · "))];
  if (!rows.length) return [...told, h("p", { class: "word" }, c.w("events_none"))];
  const keys = Object.keys(EVENT_COLUMNS).filter((key) => rows[0][key] !== undefined);
  const isNumber = (key) => /_(minor|mbp)$/.test(key);
  const text = (row, key) => {
    if (key.endsWith("_minor")) return yuan(row[key]);
    // Thousandths of a basis point as percent, exactly.
    return key.endsWith("_mbp") ? scaled(row[key], 5, 3) : String(row[key] ?? "");
  };
  return [...told, h("div", { class: "scroll", tabindex: "0" }, h("table", { id: "events" },
    h("thead", {}, h("tr", {}, keys.map((key) => h("th", { class: isNumber(key) ? "num" : undefined }, EVENT_COLUMNS[key][c.lang === "en" ? 1 : 0])))),
    h("tbody", {}, rows.map((row) => h("tr", {}, keys.map((key) => h("td", { class: isNumber(key) ? "num" : undefined }, text(row, key))))))))];
}
