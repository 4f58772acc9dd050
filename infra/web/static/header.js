// What stays when pages change: which quarter, whose loans, growth since when, how new the data.

import { h, setText } from "./dom.js";
import { figure, moment } from "./format.js";
import { addressOf, GRADING_VIEWS, NO_RUN } from "./place.js";
import { named, quarterName, sinceText, word } from "./words.js";

const THEMES = ["auto", "light", "dark"];

/** Draw the header for a place. `go` takes the reader to an address. */
export function drawHeader(host, place, names, status, go) {
  const w = (key) => word(place.lang, key);
  const choose = (part) => (event) => go(addressOf(place, { ...NO_RUN, [part]: event.target.value, figure: "" }));
  const quarters = [...status.quarters].reverse().map((quarter) => [quarter, quarterName(place.lang, quarter)]);
  const newest = quarters.length ? `${w("newest")} (${quarters[0][1]})` : w("newest");
  const list = (things) => (things ?? []).map((thing) => [thing.code, named(place.lang, thing)]);
  const other = place.lang === "zh" ? "en" : "zh";
  host.replaceChildren(
    h("a", { class: "brand", href: addressOf(place, { ...NO_RUN, view: "overview", bank: "", figure: "" }) },
      place.lang === "en" ? "puhui" : "普惠", place.lang === "en" ? h("span", {}, "inclusive lending") : h("span", {}, "puhui")),
    h("div", { class: "choices" },
      select("quarter", w("quarter"), [["", newest], ...quarters], place.quarter, choose("quarter")),
      select("population", w("population"), list(names.populations), place.population, choose("population")),
      select("basis", w("basis"), list(names.bases), place.basis, choose("basis"))),
    h("div", { class: "standing" },
      h("span", {}, `${w("data_version")} `, h("b", { id: "version" })),
      h("a", { id: "differences", class: "differences", hidden: true,
        href: addressOf(place, { ...NO_RUN, view: "coverage", bank: "", figure: "", sort: "" }) }),
      h("span", { id: "pulse", class: "pulse" }, h("span", { class: "since", id: "since" })),
      h("a", { class: "language", lang: other, hreflang: other, href: addressOf(place, { lang: other }) },
        place.lang === "zh" ? "English" : "中文"),
      themeButton(w)),
  );
}

function select(id, label, options, chosen, onchange) {
  const known = options.some(([code]) => code === chosen) ? options : [...options, [chosen, chosen]];
  const list = h("select", { id: `choose-${id}`, onchange },
    known.map(([code, name]) => h("option", { value: code, selected: code === chosen }, name)));
  return h("label", {}, label, list);
}

function themeButton(w) {
  const now = () => document.documentElement.dataset.theme;
  const text = () => w(`theme_${now()}`);
  const button = h("button", { type: "button", class: "theme", "aria-label": w("theme"), title: w("theme") }, text());
  button.addEventListener("click", () => {
    const theme = THEMES[(THEMES.indexOf(now()) + 1) % THEMES.length];
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("puhui-theme", theme);
    button.textContent = text();
    dispatchEvent(new Event("puhui-theme"));
  });
  return button;
}

/** Say how new the figures are; called every second and on every change. */
export function showStanding(lang, status, isLost, nowMs) {
  const pulse = document.getElementById("pulse");
  if (!pulse) return;
  setText(document.getElementById("version"), figure(status.data_version));
  const hasData = status.updated_at_ms > 0;
  const seconds = Math.max(0, Math.floor((nowMs - status.updated_at_ms) / 1000));
  const text = isLost ? word(lang, "lost")
    : hasData ? `${word(lang, "live")} · ${sinceText(lang, seconds)}` : word(lang, "waiting");
  setText(document.getElementById("since"), text);
  const told = status.reconcile ?? { state: "off", differences: 0 };
  const differences = document.getElementById("differences");
  setText(differences, told.state === "difference"
    ? `${word(lang, "reconcile_difference")} ${figure(told.differences)}` : word(lang, "reconcile_failed"));
  differences.hidden = !["difference", "failed"].includes(told.state);
  pulse.classList.toggle("is-lost", isLost);
  pulse.title = hasData ? moment(status.updated_at_ms) : "";
}

/** Draw the navigation: places that have something to show. */
export function drawNavigation(host, place, status) {
  const views = ["overview", "institutions", "grades"];
  if (status.attention_count > 0 || place.view === "attention") views.push("attention");
  views.push("coverage");
  const isGrading = place.view === "grade" || GRADING_VIEWS.includes(place.view);
  const links = views.map((view) => h("a", {
    href: addressOf(place, { ...NO_RUN, view, bank: "", figure: "", sort: "" }),
    "aria-current": view === place.view || (view === "grades" && isGrading) ? "page" : undefined,
  }, word(place.lang, view), view === "attention" && status.attention_count > 0
    ? h("span", { class: "count" }, figure(status.attention_count)) : ""));
  const signature = links.map((link) => link.outerHTML).join("");
  // Only where it differs: a keyboard focus in the navigation must survive a change of figures.
  if (host.dataset.signature === signature) return;
  host.dataset.signature = signature;
  host.replaceChildren(...links);
}
