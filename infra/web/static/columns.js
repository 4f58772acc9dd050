// Which columns each table has. Heads hold the unit; a cell is a figure or a status in words.

import { Columns, rowTags } from "./cells.js";
import { figure, realMinus } from "./format.js";
import { addressOf } from "./place.js";
import { named } from "./words.js";

const unitOf = (lang, zh, en) => (lang === "en" ? en : zh);

function growthFigures(c, basisName) {
  const growth = c.lang === "en" ? "Growth" : `${basisName}增速`;
  return [
    c.money("latest_minor", c.w("balance"), (row) => balanceStatus(c, row)),
    c.printed("growth_percent", growth, "%", { status: "status", isSigned: true }),
    c.printed("growth_restored_percent", c.w("growth_restored"), "%", { status: "restored_status", isSigned: true }),
    c.printed("gap_to_all_pp", c.w("gap_to_all"), unitOf(c.lang, "百分点", "pp"), { status: "gap_status", isSigned: true }),
  ];
}

// A balance is known or not whatever its growth is; one that covers too few banks is not printed.
function balanceStatus(c, row) {
  if (row.status === "coverage_too_low") return c.statusWord(row, "status");
  return row.latest_status === "ok" ? "" : c.statusWord(row, "latest_status");
}

// `hiding` names the status under which counts are not printed; banks count for themselves alone.
function counts(c, hiding, distinct) {
  const unit = unitOf(c.lang, "户", "number");
  return [
    c.printed("borrower_count", c.w(distinct ? "borrowers_summed" : "borrowers"), unit, { status: hiding }),
    ...(distinct ? [distinctColumn(c, unit, distinct)] : []),
    c.printed("borrower_change_ytd", `${c.w("borrowers")}${c.lang === "en" ? " " : "\u200b"}${c.w("change_ytd")}`, unit,
      { status: hiding, words: "borrower_change_ytd_status", isChange: true }),
  ];
}

// A borrower of two banks is in both of their counts and once in this one.
function distinctColumn(c, unit, distinct) {
  const of = (row) => (row.status === "coverage_too_low" ? undefined : distinct.countOf(row));
  return {
    key: "distinct_borrower_count", head: c.w("distinct"), unit, isNumber: true,
    cell: (row) => {
      if (row.status === "coverage_too_low") return { text: c.statusWord(row, "status"), isWord: true };
      const count = of(row);
      return count === undefined ? { text: distinct.missing(), isWord: true } : { text: figure(count) };
    },
    order: (row) => of(row) ?? null,
  };
}

/** Growth of banks. */
export function bankGrowthColumns(place, names, basisName) {
  const c = new Columns(place, names);
  return [
    c.scope(c.w("bank"), rowTags(c)),
    c.listed("peer_group", c.w("peer_group"), "peer_groups"),
    ...growthFigures(c, basisName),
    ...counts(c),
    { key: "reaches_30_percent", head: c.w("reaches_30"), className: "nowrap",
      cell: (row) => ({ text: row.reaches_30_percent ? c.w(row.reaches_30_percent) : c.w("not_applicable"), isWord: true }),
      order: (row) => row.reaches_30_percent },
    c.listed("source", c.w("source"), "sources"),
  ];
}

/** Growth of regions, groups and cities, with what they cover. */
export function aggregateColumns(place, names, basisName, distinct) {
  const c = new Columns(place, names);
  return [
    c.scope(c.w("scope"), rowTags(c)),
    ...growthFigures(c, basisName),
    ...counts(c, "status", distinct),
    c.printed("coverage_percent", c.w("coverage_percent"), "%", { words: "status" }),
    { ...c.text("missing", c.w("missing"), (row) => listText(c, row.missing)), order: undefined },
  ];
}

/** Totals as an authority published them. */
export function publishedColumns(place, names, basisName) {
  const c = new Columns(place, names);
  const unlinked = (column) => ({ ...column, cell: (row) => ({ ...column.cell(row), href: undefined }) });
  return [
    c.scope(c.w("scope")),
    ...growthFigures(c, basisName).slice(0, 2).map(unlinked),
    c.listed("source", c.w("source"), "sources"),
  ];
}

/** Interest rates and new lending. */
export function rateColumns(place, names, scopeName) {
  const c = new Columns(place, names);
  return [
    c.scope(scopeName ?? c.w("bank"), rowTags(c, "new_rate_status")),
    c.money("new_lending_minor", c.w("new_lending"), (row) => (row.new_lending_minor === "" ? c.statusWord(row, "new_lending_status") : ""), "new_lending_status"),
    c.printed("new_rate_percent", c.w("new_rate"), "%", { status: "new_rate_status" }),
    c.printed("new_rate_change_yoy_bp", c.w("change_rate"), "bp", { status: "new_rate_change_yoy_status", isChange: true }),
    c.printed("ytd_rate_percent", c.w("ytd_rate"), "%", { status: "ytd_rate_status" }),
    c.printed("outstanding_rate_percent", c.w("outstanding_rate"), "%", { status: "outstanding_rate_status" }),
    c.printed("lpr_spread_bp", c.w("lpr_spread"), "bp", { status: "lpr_spread_status", isSigned: true }),
    c.printed("lpr_compared_percent", c.w("lpr_compared"), "%", { status: "lpr_spread_status" }),
    c.printed("non_performing_percent", c.w("non_performing"), "%", { status: "non_performing_status" }),
    c.printed("first_loan_borrower_count", c.w("first_loans"), unitOf(c.lang, "户", "number"), { status: "first_loan_status" }),
    // An aggregate says who lacks a figure; the source of each is in the panel.
    scopeName ? { ...c.text("missing", c.w("missing"), (row) => listText(c, [...row.missing, ...row.lacking])), order: undefined }
      : c.listed("source", c.w("source"), "sources"),
  ];
}

/** Who has reported, and how far. */
export function coverageColumns(place, names) {
  const c = new Columns(place, names);
  return [
    bankLink(c, place),
    c.listed("peer_group", c.w("peer_group"), "peer_groups"),
    { key: "is_present", head: c.w("state"), className: "nowrap",
      cell: (row) => ({ text: c.w(row.is_present ? "has_reported" : "unknown"), isWord: !row.is_present,
        tags: row.is_registered === false ? [c.w("unregistered")] : [] }),
      order: (row) => Number(row.is_present) },
    c.text("complete_to", c.w("complete_to"), (row) => row.complete_to || c.w("nothing_complete"), "nowrap"),
    c.text("lanes", c.w("lanes"), (row) => (row.lane_count ? `${row.complete_lane_count} / ${row.lane_count}` : "–"), "nowrap"),
    c.listed("source", c.w("source"), "sources"),
    { ...c.text("missing_sequences", c.w("gaps"), (row) => listText(c, row.missing_sequences.map((gap) => gapText(c, gap))) || c.w("none")), order: undefined },
  ];
}

const STATES = ["not_reported", "not_printed", "preliminary", "full"];

/** How much of each aggregate's growth is covered, and whether it is printed. */
export function groupCoverageColumns(place, names) {
  const c = new Columns(place, names);
  return [
    { ...c.scope(c.w("scope")), cell: (row) => ({ text: c.rowName(row), title: row.bank_id }) },
    { ...c.printed("coverage_percent", c.w("coverage_percent"), "%"),
      cell: (row) => (row.coverage_percent === "" ? { text: c.w("not_applicable"), isWord: true } : { text: figure(row.coverage_percent) }) },
    { key: "coverage_status", head: c.w("state"), className: "nowrap",
      cell: (row) => ({ text: row[`coverage_status_${c.lang}`], isWord: true }),
      order: (row) => STATES.indexOf(row.coverage_status) },
    { key: "unit_count", head: c.w("units"), unit: unitOf(c.lang, "家", "number"), isNumber: true,
      cell: (row) => ({ text: figure(row.unit_count) }), order: (row) => row.unit_count },
    { ...c.text("missing", c.w("missing"), (row) => listText(c, row.missing) || c.w("none")), order: undefined },
    { ...c.text("new_banks", c.w("new_banks"), (row) => listText(c, row.new_banks) || c.w("none")), order: undefined },
  ];
}

/** What needs attention. */
export function attentionColumns(place, names) {
  const c = new Columns(place, names);
  return [
    { ...c.text("severity", c.w("severity"), (row) => c.w(`severity_${row.severity}`)), className: "narrow" },
    c.text("quarter", c.w("quarter"), (row) => row.quarter, "nowrap"),
    { key: "message", head: c.w("message"), className: "text",
      cell: (row) => ({ text: realMinus(row[`message_${c.lang}`]), title: row.bank_id,
        href: row.bank_id && addressOf(place, { view: "institutions", bank: row.bank_id, figure: "" }) }) },
    c.text("rule", c.w("rule"), (row) => c.name("rules", row.rule), "nowrap"),
  ];
}

/** What does not add up. */
export function reconcileColumns(place, names) {
  const c = new Columns(place, names);
  return [
    { ...c.text("level", c.w("state"), (row) => row[`level_${c.lang}`], "nowrap"), order: undefined },
    c.text("quarter", c.w("quarter"), (row) => row.quarter, "nowrap"),
    { key: "message", head: c.w("message"), className: "text",
      cell: (row) => ({ text: row[`message_${c.lang}`], title: row.check,
        href: row.bank_id && addressOf(place, { view: "institutions", bank: row.bank_id, figure: "" }) }) },
    { ...c.text("to_do", c.w("to_do"), (row) => (c.lang === "en" ? row.to_do : row.to_do_zh), "text"), order: undefined },
  ];
}

function bankLink(c, place) {
  return { ...c.scope(c.w("bank")), cell: (row) => ({ text: c.rowName(row), title: row.bank_id,
    href: addressOf(place, { view: "institutions", bank: row.bank_id, figure: "" }) }) };
}

function gapText(c, gap) {
  return gap.replace("lane", c.w("gap_lane")).replace("seq", c.w("gap_seq"));
}

/** Several names, or a count of them where they would fill the page; the title has all. */
export function listText(c, list) {
  if (!list || list.length === 0) return "";
  const parts = list.map((part) => (typeof part === "object" ? named(c.lang, part) : String(part)));
  const most = 4;
  const comma = c.lang === "en" ? ", " : "、";
  if (parts.length <= most) return parts.join(comma);
  const rest = parts.length - most;
  return parts.slice(0, most).join(comma) + (c.lang === "en" ? ` and ${rest} more` : `等 ${figure(parts.length)} 个`);
}
