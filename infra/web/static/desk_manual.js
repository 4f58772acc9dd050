// Values by hand: one person enters one with its evidence, another confirms it; until then it
// counts for nothing.

import { ask } from "./api.js";
import { actAs, actForm, choice, keepFile, textInput, token } from "./desk_session.js";
import { h } from "./dom.js";
import { figure } from "./format.js";
import { failure, offers } from "./grading_parts.js";
import { named } from "./words.js";

/** The section of values by hand; nothing where the server knows none. */
export async function manualSection(desk, signal) {
  const { c, names, quarter } = desk;
  if (!offers(names, "manual_list")) return "";
  const { rows } = await ask("manual_list", { quarter, bank_id: c.place.bank }, signal);
  return h("section", { class: "section", id: "manual" }, h("h2", {}, c.w("manual_table")),
    rows.length ? manualTable(desk, rows) : h("p", { class: "word" }, c.w("manual_none")), enterForm(desk));
}

function manualTable(desk, rows) {
  const { c } = desk;
  const heads = ["number_word", "bank", "indicator", "value_word", "reason", "entered_by", "confirmed_by", "state"];
  const nameOf = (bank) => {
    const row = desk.banks.find((one) => one.bank_id === bank);
    return row ? c.rowName(row) : bank;
  };
  return h("table", { class: "plain", id: "manual-table" },
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, c.w(head))))),
    h("tbody", {}, rows.map((row) => h("tr", { "data-number": row.number },
      h("th", { scope: "row", class: "num" }, figure(row.number)), h("td", {}, nameOf(row.bank_id)), h("td", {}, row.column),
      h("td", { class: "num" }, row.value), h("td", { class: "text" }, row.reason),
      h("td", {}, row.person, h("small", { class: "points" }, row.at)), h("td", {}, row.confirmed_by || "–"),
      h("td", {}, named(c.lang, { zh: row.state_zh, en: row.state_en }), row.confirmed_by ? "" : confirmButton(desk, row))))));
}

function confirmButton(desk, row) {
  const { c } = desk;
  const button = h("button", { type: "button", disabled: !token(), title: token() ? undefined : c.w("need_token"), onclick: async () => {
    try {
      await actAs(c.lang, "manual_confirm", { quarter: desk.quarter, number: row.number });
      desk.redraw();
    } catch (error) {
      button.after(failure(c.lang, error));
    }
  } }, c.w("manual_confirm"));
  return h("div", {}, button);
}

function enterForm(desk) {
  const { c, names } = desk;
  if (!offers(names, "manual_enter")) return "";
  const bank = choice("manual-bank", desk.banks.map((row) => [row.bank_id, c.rowName(row)]));
  const [column, value, reason] = [textInput("manual-column"), textInput("manual-value"), textInput("manual-reason", true)];
  const evidence = h("input", { type: "file", id: "manual-evidence" });
  return h("details", {}, h("summary", {}, c.w("manual_enter")), actForm({
    id: "manual-enter", button: c.w("manual_enter"),
    fields: [[c.w("bank"), bank], [c.w("indicator"), column], [c.w("value_word"), value], [c.w("reason"), reason], [c.w("reply_evidence"), evidence]],
    send: async () => actAs(c.lang, "manual_enter", { quarter: desk.quarter, bank_id: bank.value, column: column.value.trim(),
      value: value.value.trim(), reason: reason.value, evidence_sha256: await keepFile(c.lang, evidence) }),
    onDone: desk.redraw, onError: (error) => failure(c.lang, error),
  }));
}
