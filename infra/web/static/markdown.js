// Shows our own method document: headings, paragraphs, lists, tables and formulas, as elements. It
// reads only what that document uses, and text is never taken for markup.

import { h } from "./dom.js";

/** The elements of `text`; a heading's id is its words, so that a figure can lead to its formula. */
export function elementsOf(text) {
  return text.split(/\n{2,}/).map((block) => elementOf(block.replace(/^\n+|\s+$/g, ""))).filter(Boolean);
}

function elementOf(block) {
  if (!block) return null;
  const heading = /^(#{1,4}) (.+)$/.exec(block);
  if (heading) return headingOf(heading[1].length, heading[2]);
  const lines = block.split("\n");
  // Four spaces: a formula that stands alone.
  if (block.startsWith("    ")) return h("pre", {}, lines.map((line) => line.slice(4)).join("\n"));
  if (lines[0].startsWith("|")) return tableOf(lines);
  if (lines[0].startsWith("- ")) return h("ul", {}, itemsOf(lines).map((item) => h("li", {}, inline(item))));
  return h("p", {}, inline(lines.join(" ")));
}

function headingOf(level, words) {
  const id = words.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  return h(level < 3 ? "h2" : "h3", { id, tabindex: "-1" }, words);
}

function itemsOf(lines) {
  const items = [];
  for (const line of lines) {
    if (line.startsWith("- ")) items.push(line.slice(2));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return items;
}

function tableOf(lines) {
  const rows = lines.map((line) => line.replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim()));
  const [head, , ...body] = rows;
  return h("table", { class: "bridge" },
    h("thead", {}, h("tr", {}, head.map((cell) => h("th", { scope: "col" }, inline(cell))))),
    h("tbody", {}, body.map((row) => h("tr", {}, row.map((cell) => h("td", {}, inline(cell)))))));
}

// `code`, **strong** and *stressed*; everything else is text.
function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part) => {
    if (part.startsWith("`")) return h("code", {}, part.slice(1, -1));
    if (part.startsWith("**")) return h("strong", {}, part.slice(2, -2));
    return /^\*.+\*$/.test(part) ? h("em", {}, part.slice(1, -1)) : part;
  });
}
