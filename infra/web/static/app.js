// The page: it goes where the address says, reads what that place shows, and reads again whenever
// the server says that figures moved. Everything is kept in place; only what differs changes.

import { read } from "./api.js";
import { Columns } from "./cells.js";
import { drawDemo, showDemo } from "./demo.js";
import { h } from "./dom.js";
import { moment } from "./format.js";
import { drawHeader, drawNavigation, showStanding } from "./header.js";
import { gradingTabs } from "./grading_parts.js";
import { follow } from "./live.js";
import { showPanel, wantsPanel } from "./panel.js";
import { addressOf, NO_RUN, readPlace } from "./place.js";
import { makeView as apply } from "./views/apply.js";
import { makeView as attention } from "./views/attention.js";
import { makeView as compare } from "./views/compare.js";
import { makeView as coverage } from "./views/coverage.js";
import { makeView as desk } from "./views/desk.js";
import { makeView as grade } from "./views/grade.js";
import { makeView as grades } from "./views/grades.js";
import { makeView as institutions } from "./views/institutions.js";
import { makeView as method } from "./views/method.js";
import { makeView as methodologies } from "./views/methodologies.js";
import { makeView as overview } from "./views/overview.js";
import { makeView as whatIf } from "./views/what_if.js";
import { named, quarterName, word } from "./words.js";

const VIEWS = { overview, institutions, grades, grade, compare, what_if: whatIf, apply, methodologies, desk, attention,
  coverage, method };
// What a view keeps as it is while the address changes only elsewhere.
const DRAWN_BY = ["view", "lang", "quarter", "population", "basis", "sort", "run", "other", "methodology", "against"];
const parts = Object.fromEntries(
  ["header", "nav", "main", "panel", "notice", "demo"].map((id) => [id, document.getElementById(id)]));

let place = readPlace(location);
let names = {};
let status = { quarters: [], data_version: 0, sequence: -1, updated_at_ms: 0, attention_count: 0, demo: {} };
let view;
let isLost = false;
let problem;
let reading; // AbortController of the read under way
let isReadingAgain = false;

/** Go to an address of this site, as a link does. */
function go(address) {
  history.pushState({}, "", address);
  arrive();
}

/** Show the place of the address. What stands on the page stays until the new is there. */
function arrive() {
  const before = place;
  place = readPlace(location);
  const isSame = (...names) => names.every((name) => before[name] === place[name]);
  if (view && isSame(...DRAWN_BY) && (place.view !== "grade" || isSame("bank"))) {
    view.choose?.(place.bank, place);
    drawNavigation(parts.nav, place, status);
  } else {
    drawFrame({ isSameView: isSame("view") });
  }
  refreshLinks();
  if (!wantsPanel(place)) closePanel();
  void refresh();
}

function drawFrame({ isSameView = false } = {}) {
  const focused = document.activeElement?.id;
  document.documentElement.lang = place.lang === "en" ? "en" : "zh-CN";
  drawHeader(parts.header, place, names, status, go);
  drawNavigation(parts.nav, place, status);
  drawDemo(parts.demo, place.lang);
  showDemo(parts.demo, place.lang, status.demo);
  const basisName = new Columns(place, names).name("bases", place.basis);
  view = VIEWS[place.view](place, names, basisName);
  view.subject = h("p", { class: "subject" }, word(place.lang, "loading"));
  view.empty = h("div", { class: "empty", hidden: true });
  view.content.hidden = true;
  view.title = word(place.lang, place.view === "grade" ? "grade_page" : place.view);
  view.root = h("div", {}, h("h1", {}, view.title), gradingTabs(place), view.subject, view.empty, view.content);
  document.title = `${view.title} · ${place.lang === "en" ? "puhui" : "普惠"}`;
  showStanding(place.lang, status, isLost, Date.now());
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  if (isSameView && parts.main.querySelector("h1")) return;
  mount(view);
  scrollTo(0, 0);
}

/** Put a view on the page; tables of the same name keep their scroll and the keyboard its place. */
function mount(shown) {
  const focused = document.activeElement?.id;
  const tops = [...parts.main.querySelectorAll(".scroll > table[id]")].map((table) =>
    [table.id, table.parentElement.scrollLeft, table.parentElement.scrollTop]);
  parts.main.replaceChildren(shown.root);
  for (const [id, left, top] of tops) document.getElementById(id)?.parentElement.scrollTo(left, top);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// The header stays while a panel opens, but its links must not lose the panel's place.
function refreshLinks() {
  const other = place.lang === "zh" ? "en" : "zh";
  parts.header.querySelector(".language")?.setAttribute("href", addressOf(place, { lang: other }));
}

/** Read the place's rows and show them. A newer call replaces the one under way. */
async function refresh() {
  reading?.abort();
  reading = new AbortController();
  const { signal } = reading;
  const [shown, at] = [view, place];
  try {
    const answer = await shown.update(signal);
    if (signal.aborted) return;
    showSubject(shown, at, answer);
    if (!shown.root.isConnected) mount(shown);
    if (wantsPanel(at)) await showPanel(parts.panel, at, names, signal);
    problem = undefined;
  } catch (error) {
    if (error.name === "AbortError") return;
    problem = error;
    if (!shown.root.isConnected) mount(shown);
    if (shown.content.hidden) shown.subject.textContent = "";
    if (!error.code) console.error(error);
  }
  showNotice();
}

function showSubject(shown, at, answer) {
  const c = new Columns(at, names);
  const words = [quarterName(at.lang, answer.quarter)];
  if (at.view === "overview" || at.view === "institutions") {
    words.push(c.name("populations", answer.population), c.name("bases", answer.basis));
  }
  if (answer.quarter && answer.quarter === status.running_quarter) {
    words.push(`${word(at.lang, "to_date")} ${status.complete_to}`);
  }
  shown.subject.textContent = words.filter(Boolean).join(" · ");
  const isEmpty = answer.count === 0;
  const [title, help] = status.data_version === 0 && isEmpty ? ["no_data", "no_data_help"] : answer.empty ?? ["no_rows", "no_rows_help"];
  if (isEmpty) shown.empty.replaceChildren(h("b", {}, word(at.lang, title)), word(at.lang, help));
  shown.empty.hidden = !isEmpty;
  shown.content.hidden = isEmpty;
  parts.main.dataset.version = answer.data_version;
}

/** Say what is wrong, what still holds, and what to do. */
function showNotice() {
  const at = status.updated_at_ms ? moment(status.updated_at_ms) : "–";
  let text = "";
  if (isLost) {
    text = place.lang === "en"
      ? `Connection lost; figures are as of ${at}. Connecting again…`
      : `连接中断, 数据截至 ${at}。正在重新连接…`;
  } else if (problem) {
    text = problem.code ? named(place.lang, problem) : String(problem.message);
  }
  const link = problem && !isLost
    ? h("a", { href: addressOf(place, { ...NO_RUN, quarter: "", bank: "", figure: "" }) }, word(place.lang, "retry")) : "";
  parts.notice.replaceChildren(text, " ", link);
  parts.notice.hidden = text === "";
  parts.main.classList.toggle("is-stale", isLost || Boolean(problem));
}

/** Read again after a change: at most one read under way, and always one after the last change. */
async function catchUp() {
  if (isReadingAgain) return;
  isReadingAgain = true;
  try {
    let shown;
    do {
      shown = status.sequence;
      await refresh();
    } while (shown !== status.sequence);
  } finally {
    isReadingAgain = false;
  }
}

async function onVersion(next) {
  const wasLost = isLost;
  isLost = false;
  const hasMoved = next.sequence !== status.sequence;
  const listsChanged = next.quarters.join() !== status.quarters.join();
  // A demo that was paused has moved no figure: only another data version is a change.
  const isSameData = next.data_version === status.data_version && status.updated_at_ms > 0;
  status = isSameData ? { ...next, updated_at_ms: status.updated_at_ms } : next;
  if (listsChanged) {
    drawHeader(parts.header, place, names, status, go);
    refreshLinks();
  }
  drawNavigation(parts.nav, place, status);
  showStanding(place.lang, status, isLost, Date.now());
  showDemo(parts.demo, place.lang, status.demo);
  if (wasLost) showNotice();
  if (hasMoved || wasLost) await catchUp();
}

function onLost() {
  isLost = true;
  showStanding(place.lang, status, isLost, Date.now());
  showNotice();
}

function closePanel() {
  if (parts.panel.hidden) return;
  const [bank, key] = parts.panel.dataset.of.split(" ");
  parts.panel.hidden = true;
  parts.panel.replaceChildren();
  // Back to the figure whose source was shown.
  const link = document.querySelector(`tr[data-key="${CSS.escape(bank)}"] [data-column="${CSS.escape(key)}"] a`);
  link?.focus({ preventScroll: true });
}

function onClick(event) {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const target = event.target.closest("a[href], button[data-go]");
  if (!target || target.hasAttribute("download")) return;
  const address = target.dataset.go ?? target.getAttribute("href");
  if (!address.startsWith("/") || address.startsWith("/api/") || address.startsWith("/static/")) return;
  event.preventDefault();
  go(address);
}

async function start() {
  try {
    names = await read("/api/status");
    status = { ...names, sequence: -1 };
  } catch (error) {
    problem = error;
  }
  drawFrame();
  showNotice();
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !parts.panel.hidden) go(addressOf(place, { figure: "" }));
  });
  addEventListener("popstate", arrive);
  addEventListener("puhui-theme", () => void refresh());
  addEventListener("puhui-go", (event) => go(event.detail));
  addEventListener("puhui-problem", (event) => {
    problem = event.detail;
    showNotice();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => void refresh());
  setInterval(() => showStanding(place.lang, status, isLost, Date.now()), 1000);
  follow({ onVersion, onLost });
}

void start();
