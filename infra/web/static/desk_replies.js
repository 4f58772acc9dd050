// What banks said about their grades, and what became of it: comments, self-assessments and
// appeals with their evidence, the answer, the decision, and who else would move.

import { ask } from "./api.js";
import { actAs, actForm, choice, keepFile, textInput, token } from "./desk_session.js";
import { h } from "./dom.js";
import { figure } from "./format.js";
import { failure, notHere, offers, saveFile } from "./grading_parts.js";
import { named } from "./words.js";

const KINDS = ["comment", "self_assessment", "confirmation", "appeal"];

/**
 * The section of replies.
 * @param desk {c, names, quarter, banks, columns, redraw}
 */
export async function repliesSection(desk, signal) {
  const { c, names, quarter } = desk;
  const head = h("h2", {}, c.w("replies"));
  if (!offers(names, "reply_list")) return h("section", { class: "section" }, head, notHere(c.lang));
  const { rows } = await ask("reply_list", { quarter, bank_id: c.place.bank }, signal);
  return h("section", { class: "section", id: "replies" }, head, rows.length ? replyTable(desk, rows) : h("p", { class: "word" }, c.w("replies_none")),
    sayForm(desk));
}

function replyTable(desk, rows) {
  const { c } = desk;
  const heads = ["number_word", "bank", "reply_kind", "at_time", "reply_text", "answer_word", "decision"];
  const lines = rows.flatMap((row) => {
    const below = h("td", { colspan: heads.length, class: "below" });
    const line = h("tr", { "data-number": row.number },
      h("th", { scope: "row", class: "num" }, figure(row.number)),
      h("td", {}, bankName(desk, row.bank_id)),
      h("td", { class: "nowrap" }, named(c.lang, { zh: row.act_zh, en: row.act_en })),
      h("td", { class: "nowrap" }, row.at, h("small", { class: "points" }, row.person)),
      h("td", { class: "text" }, row.text, claimOf(desk, row), evidenceOf(desk, row.evidence_sha256)),
      h("td", { class: "text" }, row.answer || "–", row.proposal ? h("small", { class: "points" }, c.w(`proposal_${row.proposal}`)) : ""),
      h("td", { class: "text" }, named(c.lang, { zh: row.decision_zh, en: row.decision_en }) || "–",
        row.act === "appeal" && offers(desk.names, "appeal_trial") ? trialButton(desk, row, below) : "",
        row.act === "appeal" || !row.answer ? openButton(desk, row, below) : ""));
    return [line, h("tr", {}, below)];
  });
  return h("table", { class: "plain", id: "reply-table" },
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, c.w(head))))), h("tbody", {}, lines));
}

function bankName(desk, bank) {
  const row = desk.banks.find((one) => one.bank_id === bank);
  return row ? desk.c.rowName(row) : bank;
}

function columnName(desk, name) {
  const found = desk.columns.find((one) => one.name === name);
  return found ? named(desk.c.lang, { zh: found.name_zh, en: found.name_en }) || name : name;
}

function claimOf(desk, row) {
  if (!row.column) return "";
  return h("small", { class: "points" }, `${columnName(desk, row.column)}${desk.c.lang === "en" ? ": " : "："}${desk.c.w("said_value")} ${row.value}`);
}

function evidenceOf(desk, sha256) {
  if (!sha256) return "";
  const { c } = desk;
  const button = h("button", { type: "button", disabled: !token(), title: token() ? sha256 : c.w("need_token"), onclick: async () => {
    try {
      saveFile(await actAs(c.lang, "file_give", { sha256 }));
    } catch (error) {
      button.after(failure(c.lang, error));
    }
  } }, `${c.w("reply_evidence")}: ${c.w("evidence_get")}`);
  return h("div", {}, button);
}

function trialButton(desk, row, below) {
  const { c } = desk;
  const button = h("button", { type: "button", "data-trial": row.number, onclick: async () => {
    button.disabled = true;
    try {
      below.replaceChildren(movers(desk, await ask("appeal_trial", { quarter: desk.quarter, number: row.number }), row.bank_id));
    } catch (error) {
      below.replaceChildren(failure(c.lang, error));
    }
    button.disabled = false;
  } }, c.w("appeal_trial"));
  return h("div", {}, button);
}

/** Who moves, were an appeal right; the bank that appeals first. */
function movers(desk, answer, appellant) {
  const { c } = desk;
  const rows = [...(answer.rows ?? answer.moved ?? [])].sort((a, b) => (b.bank_id === appellant) - (a.bank_id === appellant));
  const mark = h("strong", { class: "unofficial" }, named(c.lang, { zh: answer.label_zh, en: answer.label_en }) || c.w("trial_note"));
  if (!rows.length) return h("div", {}, mark, h("p", {}, c.w("no_other_movers")));
  const pair = (before, after) => (before === after ? `${after}` : `${before || "–"} → ${after || "–"}`);
  const grade = (row, side) => row[`grade${side}_${c.lang}`] || c.name("grades", row[`grade${side}`]);
  return h("div", {}, mark, h("table", { class: "plain", "data-movers": appellant },
    h("thead", {}, h("tr", {}, ["bank", "grade", "total_points", "rank", "why"].map((head) => h("th", {}, c.w(head))))),
    h("tbody", {}, rows.map((row) => h("tr", { class: row.bank_id === appellant ? "is-chosen" : undefined },
      h("th", { scope: "row" }, c.rowName(row)),
      h("td", { class: "grade" }, pair(grade(row, "_before"), grade(row, ""))),
      h("td", { class: "num" }, pair(row.points_before, row.points)),
      h("td", { class: "num" }, pair(row.rank_before, row.rank)),
      h("td", {}, ["values", "others"].includes(row.why) ? c.w(`why_${row.why}`) : "–"))))));
}

function openButton(desk, row, below) {
  const { c, names } = desk;
  if (!offers(names, "reply_answer")) return "";
  const button = h("button", { type: "button", disabled: !token(), title: token() ? undefined : c.w("need_token"), "data-answer": row.number,
    onclick: () => below.replaceChildren(answerForm(desk, row), row.act === "appeal" ? decideForm(desk, row, below) : "") },
  row.act === "appeal" ? c.w("answer_appeal") : c.w("answer_word"));
  return h("div", {}, button);
}

function answerForm(desk, row) {
  const { c } = desk;
  const text = textInput(`answer-text-${row.number}`, true);
  const proposal = choice(`answer-proposal-${row.number}`, [["", "–"], ["accept", c.w("proposal_accept")], ["reject", c.w("proposal_reject")]]);
  return actForm({
    id: `answer-${row.number}`, button: c.w("answered"),
    fields: [[c.w("answer_word"), text], ...(row.act === "appeal" ? [[c.w("proposal"), proposal]] : [])],
    send: () => actAs(c.lang, "reply_answer", { quarter: desk.quarter, number: row.number, text: text.value, proposal: proposal.value }),
    onDone: desk.redraw, onError: (error) => failure(c.lang, error),
  });
}

function decideForm(desk, row, below) {
  const { c } = desk;
  const text = textInput(`decide-text-${row.number}`, true);
  const clause = textInput(`decide-clause-${row.number}`);
  const accepted = choice(`decide-accepted-${row.number}`, [["", c.w("rejected_word")], ["yes", c.w("accepted")]]);
  return actForm({
    id: `decide-${row.number}`, button: c.w("decide"),
    fields: [[c.w("decision"), accepted], [c.w("clause_field"), clause], [c.w("reason"), text]],
    send: () => actAs(c.lang, "reply_decide", { quarter: desk.quarter, number: row.number, is_accepted: accepted.value === "yes",
      text: text.value, clause: clause.value }),
    onDone: (answer) => {
      const toDo = named(c.lang, { zh: answer.to_do_zh, en: answer.to_do_en });
      below.replaceChildren(h("p", {}, `✓ ${c.w("done")} ${toDo}`), answer.moved ? movers(desk, answer, row.bank_id) : "");
    },
    onError: (error) => failure(c.lang, error),
  });
}

function sayForm(desk) {
  const { c, names, columns } = desk;
  if (!offers(names, "reply_say")) return "";
  const kind = choice("say-kind", KINDS.map((one) => [one, c.w(`kind_${one}`)]));
  const column = choice("say-column", [["", "–"], ...columns.map((one) => [one.name, columnName(desk, one.name)])]);
  const [value, text] = [textInput("say-value"), textInput("say-text", true)];
  const evidence = h("input", { type: "file", id: "say-evidence" });
  return h("details", {}, h("summary", {}, `${c.w("reply_send")} (${c.w("as_bank")})`), actForm({
    id: "say", button: c.w("reply_send"),
    fields: [[c.w("reply_kind"), kind], [c.w("indicator"), column], [c.w("said_value"), value], [c.w("reply_text"), text], [c.w("reply_evidence"), evidence]],
    send: async () => actAs(c.lang, "reply_say", { quarter: desk.quarter, kind: kind.value, text: text.value, column: column.value,
      value: value.value.trim(), evidence_sha256: await keepFile(c.lang, evidence) }),
    onDone: desk.redraw, onError: (error) => failure(c.lang, error),
  }));
}
