// An explanation as a tree that opens: each node its printed and exact value, its formula in words
// and with figures, and below it what went in. The path of a node is its place in the address.

import { h } from "./dom.js";
import { figure } from "./format.js";
import { addressOf } from "./place.js";
import { named } from "./words.js";

/** Draw the tree under `root`; `open(path)` opens the way to a node and brings it into view. */
export function drawTree(place, c, root) {
  if (!root) return { nodes: [h("p", { class: "word" }, c.w("none"))], open: () => {} };
  const found = new Map();
  const box = h("div", { class: "tree", id: "tree", role: "group", "aria-label": c.w("explain_tree") }, drawNode(place, c, root, "", found));
  box.firstElementChild.open = true;
  const all = (isOpen) => () => box.querySelectorAll("details").forEach((details) => { details.open = isOpen; });
  const buttons = h("div", { class: "buttons" },
    h("button", { type: "button", id: "open-all", onclick: all(true) }, c.w("expand_all")),
    h("button", { type: "button", id: "close-all", onclick: all(false) }, c.w("collapse_all")));
  const open = (path) => {
    box.querySelectorAll(".is-chosen").forEach((line) => line.classList.remove("is-chosen"));
    const line = found.get(path);
    if (!line) return;
    for (let at = line.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    line.classList.add("is-chosen");
    setTimeout(() => line.scrollIntoView({ block: "center" }));
  };
  return { nodes: [buttons, box], open };
}

function drawNode(place, c, node, before, found) {
  const path = before ? `${before}.${node.key}` : node.key;
  const children = node.children ?? [];
  const note = named(c.lang, { zh: node.note_zh, en: node.note_en });
  const parts = [
    h("span", { class: "name" }, named(c.lang, node) || node.key, note ? h("small", { class: "points" }, note) : ""),
    h("span", { class: "exact", title: c.w("exact") }, exactText(node)),
    h("span", { class: "printed" }, printedText(c.lang, node)),
    h("a", { class: "here", href: addressOf(place, { node: path }), "aria-label": `${c.w("link_here")} ${named(c.lang, node)}` }, "#"),
  ];
  const formula = [named(c.lang, { zh: node.formula_zh, en: node.formula_en }), node.numbers].filter(Boolean);
  if (!children.length && !formula.length) {
    const leaf = h("div", { class: "node leaf" }, parts);
    found.set(path, leaf);
    return leaf;
  }
  const line = h("summary", { class: "node" }, parts);
  found.set(path, line);
  return h("details", { "data-path": path }, line,
    formula.length ? h("p", { class: "formula" }, formula.flatMap((text, n) => (n ? [h("br"), text] : [text]))) : "",
    children.map((child) => drawNode(place, c, child, path, found)));
}

// A word comes in both languages; a figure in none.
function printedText(lang, { printed }) {
  if (printed === "" || printed === undefined) return "–";
  const [zh, en] = printed.split(" / ");
  return figure(en !== undefined && lang === "en" ? en : zh);
}

// Shown only where the printed value is not the whole of it.
function exactText(node) {
  const exact = node.value ?? node.exact ?? "";
  return exact && exact !== node.printed && /^-?[\d./]+$/.test(exact) ? exact.replace(/^-/, "\u2212") : "";
}
