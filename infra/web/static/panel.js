// Where a figure comes from: the figure, its formula, its sources, and the bridge that leads from
// the opening to the closing balance, to the fen.

import { read } from "./api.js";
import { Columns } from "./cells.js";
import { h } from "./dom.js";
import { figure, yi, yuan } from "./format.js";
import { addressOf, apiAddress } from "./place.js";
import { named, quarterName, word } from "./words.js";

// Figure: route, unit, word of its head, word of its formula, its anchor in the method.
const FIGURES = {
  latest_minor: ["growth", "yi", "balance", "formula_growth", "growth"],
  growth_percent: ["growth", "%", "growth", "formula_growth", "growth"],
  growth_restored_percent: ["growth", "%", "growth_restored", "formula_restored", "growth-restored"],
  gap_to_all_pp: ["growth", "pp", "gap_to_all", "formula_gap", "gap"],
  borrower_count: ["growth", "count", "borrowers", "formula_count", "counts"],
  borrower_change_ytd: ["growth", "count", "borrowers", "formula_count", "counts"],
  coverage_percent: ["growth", "%", "coverage_percent", "formula_coverage", "coverage"],
  new_lending_minor: ["rates", "yi", "new_lending", "formula_new_rate", "rates"],
  new_rate_percent: ["rates", "%", "new_rate", "formula_new_rate", "rates"],
  new_rate_change_yoy_bp: ["rates", "bp", "change_rate", "formula_new_rate", "rates"],
  ytd_rate_percent: ["rates", "%", "ytd_rate", "formula_new_rate", "rates"],
  outstanding_rate_percent: ["rates", "%", "outstanding_rate", "formula_outstanding", "rates"],
  lpr_spread_bp: ["rates", "bp", "lpr_spread", "formula_spread", "lpr"],
  lpr_compared_percent: ["rates", "%", "lpr_compared", "formula_spread", "lpr"],
  non_performing_percent: ["rates", "%", "non_performing", "formula_npl", "non-performing"],
  first_loan_borrower_count: ["rates", "count", "first_loans", "formula_count", "counts"],
};

const STEPS = [
  ["opening_minor", "opening", "="], ["brought_forward_minor", "brought_forward", "+"],
  ["disbursed_minor", "disbursed", "+"], ["acquired_minor", "acquired", "+"],
  ["repaid_minor", "repaid", "-"], ["written_off_minor", "written_off", "-"],
  ["moved_out_minor", "moved_out", "-"], ["revalued_minor", "revalued", "+"],
  ["reclassified_minor", "reclassified", "+"], ["closing_minor", "closing", "="],
];

/** Whether the place asks for the source of a figure. */
export function wantsPanel(place) {
  return place.bank !== "" && place.figure in FIGURES;
}

/** Read and show where the figure of `place` comes from; returns the data version shown. */
export async function showPanel(host, place, names, signal) {
  const [route] = FIGURES[place.figure];
  const behind = isAggregate(place.bank)
    ? apiAddress("members", place, { bank: place.bank, figure: place.figure })
    : apiAddress("bridge", { ...place, basis: bridgeBasis(place) }, { bank: place.bank });
  const [figures, parts] = await Promise.all([
    read(apiAddress(route, place, { bank: place.bank }), signal), read(behind, signal)]);
  const row = figures.rows[0];
  const isNew = host.hidden || host.dataset.of !== `${place.bank} ${place.figure}`;
  host.dataset.of = `${place.bank} ${place.figure}`;
  host.hidden = false;
  const top = host.scrollTop;
  host.replaceChildren(...contents(place, new Columns(place, names), row, parts.rows, figures));
  host.scrollTop = isNew ? 0 : top;
  if (isNew) host.querySelector("h2").focus({ preventScroll: true });
}

// A figure of the quarter's lending is explained by the quarter's bridge, one of the year by the year's.
function bridgeBasis(place) {
  if (FIGURES[place.figure][0] === "growth") return place.basis;
  return place.figure === "ytd_rate_percent" ? "ytd" : "qoq";
}

// The code of an aggregate says of what kind it is: region:province.
function isAggregate(bank) {
  return bank.includes(":");
}

function contents(place, c, row, parts, figures) {
  const [route, unit, head, formula, anchor] = FIGURES[place.figure];
  const subject = [quarterName(c.lang, figures.quarter), c.name("populations", figures.population)];
  if (route === "growth") subject.push(c.name("bases", figures.basis));
  const title = h("div", { class: "panel-head" },
    h("h2", { tabindex: "-1" }, row ? c.rowName(row) : place.bank),
    h("a", { href: addressOf(place, { bank: "", figure: "" }), class: "close" }, `✕ ${c.w("close")}`));
  const where = h("p", { class: "subject" }, subject.join(" · "));
  if (!row) return [title, where, h("p", {}, c.w("no_rows"))];
  return [
    title, where,
    h("h3", {}, headOf(c, place.figure, head, figures.basis)),
    h("p", { class: "figure" }, ...printed(c, row, place.figure, unit)),
    facts(place, c, row, figures),
    h("h3", {}, c.w("formula")),
    h("p", { class: "formula" }, c.w(formula), h("br"), 
      h("a", { href: `${addressOf(place, { view: "method", bank: "", figure: "", sort: "" })}#${anchor}` }, `${c.w("method_doc")}: docs/method.md#${anchor}`)),
    ...(isAggregate(row.bank_id) ? membersOf(place, c, row, parts)
      : [h("h3", {}, c.w("bridge")), ...bridgeOf(c, parts.find((found) => found.bank_id === row.bank_id))]),
  ];
}

function headOf(c, key, head, basis) {
  if (key === "growth_percent") return c.lang === "en" ? `Growth: ${c.name("bases", basis)}` : `${c.name("bases", basis)}增速`;
  if (key === "borrower_change_ytd") return `${c.w(head)} ${c.w("change_ytd")}`;
  return c.w(head).replace("\u200b", "");
}

const SIGNED = new Set(["growth_percent", "growth_restored_percent", "gap_to_all_pp",
  "borrower_change_ytd", "new_rate_change_yoy_bp", "lpr_spread_bp"]);
const STATUS_OF = { latest_minor: "latest_status", coverage_percent: "status", borrower_change_ytd: "borrower_change_ytd_status", growth_percent: "status", growth_restored_percent: "restored_status", gap_to_all_pp: "gap_status",
  new_rate_percent: "new_rate_status", ytd_rate_percent: "ytd_rate_status", lpr_spread_bp: "lpr_spread_status",
  lpr_compared_percent: "lpr_spread_status", outstanding_rate_percent: "outstanding_rate_status",
  non_performing_percent: "non_performing_status", new_lending_minor: "new_lending_status",
  new_rate_change_yoy_bp: "new_rate_change_yoy_status", first_loan_borrower_count: "first_loan_status" };

// An aggregate over too few banks is not printed. All figures of growth rest on the same banks,
// while each rate is covered by those that have it.
function isHidden(row, key) {
  return row.kind === "aggregate" && (row.status ?? row[STATUS_OF[key]]) === "coverage_too_low";
}

function printed(c, row, key, unit) {
  const found = row[key];
  if (isHidden(row, key)) return [c.name("statuses", "coverage_too_low")];
  if (found === "" || found === undefined) return [c.statusWord(row, STATUS_OF[key])];
  const units = { yi: c.lang === "en" ? `× ${c.w("yi")}` : c.w("yi"), pp: c.lang === "en" ? "pp" : "百分点",
    count: c.lang === "en" ? "" : "户" };
  return [unit === "yi" ? yi(found) : figure(found, SIGNED.has(key)), h("small", {}, units[unit] ?? unit)];
}

function facts(place, c, row, figures) {
  const known = (minor) => minor !== undefined && minor !== "" && !isHidden(row, place.figure);
  const money = (minor) => `${yuan(minor)} ${c.w("yuan")}`;
  const pairs = [
    [c.w("source"), row.source && c.name("sources", row.source)],
    [c.w("base_balance"), known(row.base_minor) && row.base_quarter && `${money(row.base_minor)} (${row.base_quarter})`],
    [c.w("balance"), known(row.latest_minor) && money(row.latest_minor)],
    [c.w("new_lending"), known(row.new_lending_minor) && money(row.new_lending_minor)],
    [c.w("coverage_percent"), row.coverage_percent && `${figure(row.coverage_percent)}%`],
    [c.w("missing"), namesOf(c, row.missing)],
    [c.w("lacking"), namesOf(c, row[STATUS_OF[place.figure]?.replace(/status$/, "lacking")])],
    [c.w("new_banks"), namesOf(c, row.new_banks)],
    [c.w("closed_banks"), namesOf(c, row.closed_banks)],
    [c.w("formula_distinct"), known(row.distinct_borrower_count) && figure(row.distinct_borrower_count)],
    [c.w("state"), [row.is_to_date && c.w("to_date"), row.is_preliminary && c.w("preliminary")].filter(Boolean).join(" · ")],
    [c.w("data_version"), figure(figures.data_version)],
  ].filter(([, text]) => text);
  return h("dl", {}, pairs.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]));
}

function namesOf(c, banks = []) {
  return banks.map((bank) => named(c.lang, bank)).join(c.lang === "en" ? ", " : "、");
}

// What a bank weighs in each kind of figure: the word for its amount.
function amountsOf(place, members) {
  if (FIGURES[place.figure][0] === "growth") {
    const both = [["base_minor", "base_balance"], ["latest_minor", "balance"]];
    return both.filter(([key]) => members[0][key] !== undefined);
  }
  if (["outstanding_rate_percent", "non_performing_percent"].includes(place.figure)) return [["amount_minor", "balance"]];
  return [["amount_minor", place.figure === "ytd_rate_percent" ? "ytd_lending" : "new_lending"]];
}

function membersOf(place, c, row, members) {
  const head = h("h3", {}, c.w("members"));
  if (!members.length) return [head, h("p", { class: "word" }, c.w("no_members"))];
  const amounts = amountsOf(place, members);
  const lines = members.map((bank) => h("tr", { "data-bank": bank.bank_id },
    h("th", { scope: "row" }, h("a", { href: addressOf(place, { bank: bank.bank_id }) }, c.rowName(bank))),
    amounts.map(([key]) => h("td", { class: "num" }, yuan(bank[key])))));
  const heads = amounts.map(([, name]) => h("th", { class: "num" }, c.w(name), h("span", { class: "unit" }, c.w("yuan"))));
  return [
    head, h("p", { class: "word" }, c.w(isHidden(row, place.figure) ? "members_hidden" : "members_note")),
    h("table", { class: "bridge", id: "members" },
      h("thead", {}, h("tr", {}, h("th", {}, `${c.w("bank")} (${figure(members.length)})`), heads)), h("tbody", {}, lines)),
  ];
}

/** From the opening to the closing balance, to the fen. */
export function bridgeOf(c, bridge) {
  if (!bridge || bridge.status !== "ok") return [h("p", { class: "word" }, c.w("no_bridge"))];
  const unit = c.w("yuan");
  const lines = STEPS
    .filter(([key, , sign]) => sign === "=" || BigInt(bridge[key] ?? 0) !== 0n)
    .map(([key, name, sign]) => h("tr", { class: sign === "=" ? "is-total" : undefined },
      h("th", { scope: "row" }, c.w(name)), h("td", { class: "num" }, stepText(bridge[key], sign))));
  const isClosed = BigInt(bridge.difference_minor) === 0n;
  return [
    h("table", { class: "bridge" },
      h("thead", {}, h("tr", {}, h("th", {}, `${bridge.base_quarter} → ${bridge.quarter}`), h("th", { class: "num" }, h("span", { class: "unit" }, unit)))),
      h("tbody", {}, lines)),
    h("p", { class: isClosed ? "chart-note" : "flags" },
      isClosed ? `✓ ${c.w("closes")}` : `${c.w("closes_not")}: ${yuan(bridge.difference_minor)} ${unit}`),
  ];
}

function stepText(minor, sign) {
  if (sign === "=") return yuan(minor);
  const signed = sign === "-" ? -BigInt(minor) : BigInt(minor);
  return figure(yuan(signed), true);
}
