// 申诉与流程: where the quarter's grading stands, who did what and why, the next step for who may
// take it, and what banks said. Nobody acts without a token of their own.

import { ask, read } from "../api.js";
import { Columns } from "../cells.js";
import { manualSection } from "../desk_manual.js";
import { repliesSection } from "../desk_replies.js";
import { actAs, actForm, choice, keepFile, signIn, textInput, token } from "../desk_session.js";
import { h } from "../dom.js";
import { figure } from "../format.js";
import { chooser, failure, goTo, notHere, offers, versionText } from "../grading_parts.js";
import { addressOf, apiAddress } from "../place.js";
import { named, quarterName, word } from "../words.js";

const STATES = ["open", "cut", "checked", "trial", "commenting", "conferred", "signed", "published"];
// Steps of the quarter, and what each needs to be told; other acts have forms of their own.
const STEP_FIELDS = {
  cut: ["as_of", "methodology", "reason"], check: ["reason"], trial: ["reason"], open_comments: ["working_days", "reason"],
  close_comments: ["reason"], change: ["bank_id", "column", "value", "grade_at_most", "clause", "minutes", "reason"],
  confer: ["minutes_number", "minutes_sha256", "reason"], sign: ["reason"], publish: ["document_number", "reason"], reopen: ["reason"],
};
const FIELD_WORDS = { as_of: "as_of_day", methodology: "methodology", working_days: "working_days", bank_id: "bank", column: "indicator",
  value: "value_word", grade_at_most: "grade_at_most", clause: "clause_field", minutes: "minutes", minutes_number: "minutes",
  minutes_sha256: "minutes_file", document_number: "document_number", reason: "reason" };

/** Make the page. It is drawn anew after an act, and not while somebody fills in a form. */
export function makeView(place, names) {
  const c = new Columns(place, names);
  const content = h("div", {});
  let drawn = false;
  const update = async (signal) => {
    const board = await read(apiAddress("grades", place), signal);
    const told = { ...board, count: 1 };
    if (drawn) return told;
    if (!offers(names, "quarter_show")) {
      content.replaceChildren(notHere(place.lang, word(place.lang, "desk")));
      return told;
    }
    if (!board.quarter) return { ...told, count: 0 };
    const life = await ask("quarter_show", { quarter: board.quarter }, signal);
    const columns = [...new Map(board.rows.flatMap((row) => row.indicators).map((one) => [one.name, one])).values()];
    const desk = { c, names, quarter: board.quarter, banks: board.rows, columns, life,
      redraw: () => { drawn = false; void update().catch((error) => content.prepend(failure(place.lang, error))); } };
    const parts = [signIn(place.lang, desk.redraw), bankFilter(desk), standing(desk), stepForm(desk), acts(desk),
      await repliesSection(desk, signal), await manualSection(desk, signal)];
    drawn = true;
    content.replaceChildren(...parts.filter(Boolean));
    return told;
  };
  return { content, update, choose: () => { drawn = false; } };
}

function bankFilter({ c, banks }) {
  const options = [["", c.w("all_banks_filter")], ...banks.map((row) => [row.bank_id, c.rowName(row)])];
  return h("div", { class: "board-choices" }, chooser("choose-bank", c.w("bank"), options, c.place.bank,
    (bank) => goTo(addressOf(c.place, { bank }))));
}

/** The steps with the one that the quarter stands at, and what is known of this version. */
function standing({ c, life, quarter }) {
  const at = STATES.indexOf(life.state);
  const steps = STATES.map((state, n) => h("li", { class: n < at ? "is-done" : n === at ? "is-now" : undefined, "data-state": state,
    "aria-current": n === at ? "step" : undefined }, c.w(`state_${state}`)));
  const run = (id) => h("a", { href: addressOf(c.place, { view: "grades", run: id, bank: "" }) }, `${c.w("show_run")} ${id.slice(0, 8)}`);
  const facts = [
    [c.w("quarter_state"), `${quarterName(c.lang, quarter)} · ${versionText(c.lang, life.version)} · ${named(c.lang, { zh: life.state_zh, en: life.state_en })}`],
    [c.w("as_of_day"), life.as_of], [c.w("methodology"), life.methodology], [c.w("run"), life.run_id && run(life.run_id)],
    [c.w("comments_due"), life.comments_due], [c.w("minutes"), life.minutes_number],
    [c.w("signers"), (life.signers ?? []).map((one) => `${one.agency} (${one.person})`).join(c.lang === "en" ? ", " : "、")],
    [c.w("signers_missing"), (life.signers_missing ?? []).join(c.lang === "en" ? ", " : "、")],
  ].filter(([, fact]) => fact);
  const published = (life.published ?? []).map((one) => h("li", {}, `${versionText(c.lang, one.version)} · ${one.document_number} · ${one.published_at ?? ""} · `, run(one.run_id)));
  return h("section", { class: "section", id: "standing" }, h("h2", {}, c.w("steps")),
    life.broken_at ? h("p", { class: "failure", role: "alert" }, `${c.w("chain_broken")} ${life.broken_at}. ${named(c.lang, { zh: life.broken_zh, en: life.broken_en })}`) : "",
    h("ol", { class: "steps" }, steps),
    h("table", { class: "plain" }, h("tbody", {}, facts.map(([name, fact]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, fact))))),
    published.length ? h("div", {}, h("b", {}, c.w("published_versions")), h("ul", {}, published)) : "");
}

/** What somebody may do now; who may not is told so by the server, with what is allowed. */
function stepForm(desk) {
  const { c, names, life } = desk;
  const allowed = (life.allowed_acts ?? []).filter((one) => one.act in STEP_FIELDS);
  if (!offers(names, "quarter_act") || !allowed.length) return "";
  const host = h("div", {});
  const draw = (act) => host.replaceChildren(formOf(desk, act));
  draw(allowed[0].act);
  return h("section", { class: "section", id: "step" }, h("h2", {}, c.w("do_step")),
    h("p", { class: "chart-note" }, c.w("maker_checker"), token() ? "" : ` ${c.w("need_token")}`),
    chooser("choose-act", c.w("quarter_step"), allowed.map((one) => [one.act, named(c.lang, one)]), allowed[0].act, draw), host);
}

function formOf(desk, act) {
  const { c, life } = desk;
  const inputs = STEP_FIELDS[act].map((name) => [name, inputOf(desk, name)]);
  const send = async () => {
    const body = {};
    let bank = "";
    for (const [name, input] of inputs) {
      const value = name === "minutes_sha256" ? await keepFile(c.lang, input) : input.value.trim();
      if (!value) continue;
      if (name === "bank_id") bank = value;
      else body[name] = name === "working_days" ? Number(value) : value;
    }
    // The last act that was seen here: what somebody else did meanwhile is not acted upon unseen.
    return actAs(c.lang, "quarter_act", { quarter: desk.quarter, act, body, bank_id: bank, after: (life.acts ?? life.rows ?? []).length });
  };
  return actForm({ id: `step-${act}`, button: c.w("do_go"), fields: inputs.map(([name, input]) => [c.w(FIELD_WORDS[name]), input]), send,
    onDone: desk.redraw, onError: (error) => failure(c.lang, error) });
}

function inputOf(desk, name) {
  const { c, banks, columns } = desk;
  const id = `step-field-${name}`;
  if (name === "bank_id") return choice(id, banks.map((row) => [row.bank_id, c.rowName(row)]));
  if (name === "column") return choice(id, [["", "–"], ...columns.map((one) => [one.name, named(c.lang, { zh: one.name_zh, en: one.name_en }) || one.name])]);
  if (name === "minutes_sha256") return h("input", { type: "file", id });
  if (name === "as_of") return h("input", { type: "date", id });
  if (name === "working_days") return h("input", { type: "number", id, min: 0, max: 60, value: 5 });
  return textInput(id, name === "reason");
}

/** Everything that was done, in order: person, time and reason of each. */
function acts({ c, life, banks }) {
  const rows = life.rows ?? [];
  const bankOf = (id) => {
    const row = banks.find((one) => one.bank_id === id);
    return row ? c.rowName(row) : id;
  };
  const heads = ["number_word", "quarter_step", "person", "role_word", "at_time", "bank_or_all", "said"];
  return h("section", { class: "section", id: "acts" }, h("h2", {}, c.w("acts")),
    rows.length ? h("table", { class: "plain", id: "act-table" },
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, c.w(head))))),
      h("tbody", {}, rows.map((row) => h("tr", {}, h("td", { class: "num" }, figure(row.number)),
        h("th", { scope: "row" }, named(c.lang, { zh: row.act_zh, en: row.act_en })), h("td", {}, row.person),
        h("td", {}, named(c.lang, { zh: row.role_zh, en: row.role_en })), h("td", { class: "nowrap" }, row.at),
        h("td", {}, row.bank_id ? bankOf(row.bank_id) : "–"),
        h("td", { class: "text" }, named(c.lang, { zh: row.said_zh, en: row.said_en }), " ",
          h("small", { class: "points", title: row.sha256 }, (row.sha256 ?? "").slice(0, 12)))))))
      : h("p", { class: "word" }, c.w("acts_none")));
}
