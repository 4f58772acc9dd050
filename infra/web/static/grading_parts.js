// What the pages about gradings have in common: their tabs, the shape of a grade, the marks of a
// run, and what is said where the server does not offer something.

import { h } from "./dom.js";
import { figure, moment } from "./format.js";
import { addressOf, GRADING_VIEWS } from "./place.js";
import { named, word } from "./words.js";

const FIRST = "●";
const LAST = "△";
const BETWEEN = { 1: ["◐"], 2: ["◐", "○"], 3: ["◕", "◐", "○"], 4: ["◕", "◐", "◔", "○"] };

/** The tabs above a page about gradings; nothing above any other page. */
export function gradingTabs(place) {
  if (place.view !== "grade" && !GRADING_VIEWS.includes(place.view)) return null;
  const kept = { bank: "", figure: "", sort: "", other: "", against: "", node: "" };
  const links = GRADING_VIEWS.map((view) => h("a", {
    href: addressOf(place, { ...kept, view, methodology: view === "apply" ? place.methodology : "" }),
    "aria-current": view === place.view ? "page" : place.view === "grade" && view === "grades" ? "true" : undefined,
  }, word(place.lang, view === "grades" ? "board_tab" : view)));
  return h("nav", { class: "tabs", "aria-label": word(place.lang, "grades") }, links);
}

/** Whether this server offers a verb: a page asks for nothing that is not there. */
export function offers(names, verb) {
  return (names.verbs ?? []).includes(verb);
}

/** What stands in place of something that the server does not offer. */
export function notHere(lang, what = "") {
  const colon = lang === "en" ? ": " : "：";
  return h("p", { class: "not-here" }, what ? `${what}${colon}` : "",
    h("b", {}, word(lang, "not_here")), lang === "en" ? ". " : "。", word(lang, "not_here_help"));
}

/** What went wrong, where it went wrong. */
export function failure(lang, error) {
  if (!error.code) console.error(error);
  return h("p", { class: "failure", role: "alert" }, error.code ? named(lang, error) : String(error.message));
}

/** The shape of the grade at `levelPlace` of `levelCount`: full at the best, a triangle at the last. */
export function shapeOf(levelPlace, levelCount) {
  if (!levelPlace) return "–";
  if (levelPlace === 1) return FIRST;
  if (levelPlace === levelCount) return LAST;
  const between = BETWEEN[levelCount - 2];
  // With many levels the place itself is the clearest sign.
  return between ? between[levelPlace - 2] : String.fromCodePoint(0x2460 + levelPlace - 1);
}

/** A grade as shape and word. */
export function gradeNodes(name, levelPlace, levelCount) {
  return [h("span", { class: "shape", "aria-hidden": "true" }, shapeOf(levelPlace, levelCount)), name];
}

/** The marks of a run that is no plain official one, loudest first. */
export function runMarks(lang, run) {
  const w = (key) => word(lang, key);
  return [
    run.is_what_if && h("strong", { class: "unofficial" }, w("what_if_note"), supposedOf(lang, run)),
    run.is_illustrative && h("span", { class: "flag" }, w("illustrative_note")),
    run.is_to_date && h("span", { class: "flag", id: "trial" }, w("to_date_note")),
    run.as_of && h("span", { class: "flag" }, `${w("run_as_of")} ${run.as_of}`),
  ].filter(Boolean).flatMap((mark) => [mark, " "]);
}

function supposedOf(lang, run) {
  const lines = (lang === "en" ? run.supposed_en : run.supposed_zh) ?? [];
  return lines.length ? ` ${word(lang, "supposed")}${lang === "en" ? ": " : "："}${lines.join("；")}` : "";
}

/** A run in one line, as a choice among others; `published` are the versions of its quarter. */
export function runText(lang, run, published = []) {
  const w = (key) => word(lang, key);
  const name = (lang === "en" ? run.methodology_en : run.methodology_zh) || run.methodology;
  const version = published.find((one) => one.run_id === run.run_id);
  return [
    version && `${w("run_published")} ${versionText(lang, version.version)}`,
    run.graded_at_ms && moment(run.graded_at_ms).slice(0, 16),
    name,
    run.as_of && `${w("run_as_of")} ${run.as_of}`,
    run.is_to_date && w("to_date"),
    run.is_what_if && w("what_if_mark"),
    run.run_id.slice(0, 8),
  ].filter(Boolean).join(" · ");
}

/** 第2版, version 2. */
export function versionText(lang, version) {
  return `${word(lang, "version_word")}${figure(version)}${word(lang, "version_end")}`;
}

/** Go to an address as a link would; for a choice in a list. */
export function goTo(address) {
  dispatchEvent(new CustomEvent("puhui-go", { detail: address }));
}

/** A labelled list to choose from; every option is [value, text]. */
export function chooser(id, label, options, chosen, onChoose) {
  const list = h("select", { id, onchange: (event) => onChoose(event.target.value) },
    options.map(([code, text]) => h("option", { value: code, selected: code === chosen }, text)));
  return h("label", { class: "chooser" }, label, " ", list);
}

/** Give the reader a file that a verb made. */
export function saveFile(made) {
  const bytes = Uint8Array.from(atob(made.content_base64), (char) => char.charCodeAt(0));
  save(new Blob([bytes]), made.file_name);
}

/** Give the reader rows as CSV, with a mark at the start so that Chinese opens right. */
export function saveRows(rows, columns, fileName) {
  const cell = (text) => {
    // A name that starts like a formula would be run by the spreadsheet that opens it.
    const safe = /^[=+\-@\t\r]/.test(text) && !/^[-+]?[\d.]+$/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [columns.map(([, head]) => head), ...rows.map((row) => columns.map(([of]) => String(of(row) ?? "")))];
  save(new Blob(["\ufeff", lines.map((line) => line.map(cell).join(",")).join("\r\n"), "\r\n"]), fileName);
}

function save(blob, fileName) {
  const link = h("a", { href: URL.createObjectURL(blob), download: fileName });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
