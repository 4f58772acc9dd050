// Tables that stay: a new version of the rows changes the cells that differ and nothing else, so
// that the page does not jump and a reader sees what moved.

import { h } from "./dom.js";
import { addressOf } from "./place.js";
import { word } from "./words.js";

/**
 * @typedef {object} Cell
 * @property {string} text what is printed
 * @property {string} [href] where the figure comes from
 * @property {boolean} [isWord] a status in place of a figure
 * @property {string[]} [tags] marks such as "preliminary"
 * @property {string} [title] the whole of what is shortened
 * @property {string} [className]
 * @property {Node[]} [nodes] in place of text; `text` then tells whether it changed
 *
 * @typedef {object} Column
 * @property {string} key
 * @property {string} head
 * @property {string} [unit]
 * @property {boolean} [isNumber]
 * @property {string} [className]
 * @property {(row: object) => Cell} cell
 * @property {(row: object) => number|bigint|string|null} [order] what to sort by; none: not sortable
 */

/** Make a table with a title, a CSV link and a frame that scrolls. Fill it with `update`. */
export function makeTable(id, options) {
  const table = h("table", { id });
  const head = h("thead");
  const body = h("tbody");
  table.append(h("caption", { hidden: true }, options.title), head, body);
  const box = h(
    "section",
    { class: "table-box", "aria-label": options.title },
    h("div", { class: "table-head" }, h("h2", {}, options.title, options.mark),
      options.csv && h("span", { class: "links" },
        h("a", { href: options.csv, download: true }, word(options.place.lang, "csv")))),
    options.note && h("p", { class: "chart-note" }, options.note),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": options.title }, table),
  );
  drawHead(head, id, options);
  return { box, update: (rows) => updateBody(body, options, sorted(rows, id, options)) };
}

function drawHead(head, id, { columns, place }) {
  const { key: sortKey, direction } = sortOf(place, id);
  const cells = columns.map((column) => {
    const isSorted = column.key === sortKey;
    const label = [column.head, column.unit && h("span", { class: "unit" }, column.unit)];
    const next = isSorted && direction === "desc" ? "asc" : "desc";
    const content = column.order
      ? h("button", { type: "button", id: `${id}-${column.key}`, "data-go": addressOf(place, { sort: `${id}.${column.key}.${next}` }) }, column.head)
      : label[0];
    const sort = isSorted ? (direction === "asc" ? "ascending" : "descending") : undefined;
    return h("th", { scope: "col", class: cellClass(column), "aria-sort": sort }, content, label[1]);
  });
  head.replaceChildren(h("tr", {}, cells));
}

function sortOf(place, id) {
  const [table, key, direction] = place.sort.split(".");
  return table === id ? { key, direction } : { key: "", direction: "" };
}

function sorted(rows, id, { columns, place }) {
  const { key, direction } = sortOf(place, id);
  const order = columns.find((column) => column.key === key)?.order;
  if (!order) return rows;
  const turn = direction === "asc" ? 1 : -1;
  // Rows without a figure come last either way: they are not the smallest.
  return [...rows].sort((a, b) => {
    const [left, right] = [order(a), order(b)];
    if (left === null || right === null) return (left === null) - (right === null);
    return left < right ? -turn : left > right ? turn : 0;
  });
}

function updateBody(body, { columns, rowKey, rowClass }, rows) {
  const present = new Map([...body.rows].map((line) => [line.dataset.key, line]));
  const isFirst = present.size === 0;
  let after = null;
  for (const row of rows) {
    const key = rowKey(row);
    const line = present.get(key) ?? newLine(key, columns);
    present.delete(key);
    const className = rowClass?.(row) ?? "";
    if (line.className !== className) line.className = className;
    columns.forEach((column, n) => updateCell(line.cells[n], column.cell(row), isFirst));
    const place = after ? after.nextSibling : body.firstChild;
    // Moved only if it stands elsewhere: moving a line would take the focus from it.
    if (place !== line) body.insertBefore(line, place);
    after = line;
  }
  for (const line of present.values()) line.remove();
}

function newLine(key, columns) {
  const cells = columns.map((column, n) =>
    n === 0
      ? h("th", { scope: "row", class: cellClass(column) })
      : h("td", { class: cellClass(column), "data-column": column.key }));
  return h("tr", { "data-key": key }, cells);
}

function cellClass(column) {
  return [column.isNumber && "num", column.className].filter(Boolean).join(" ") || undefined;
}

function updateCell(element, cell, isFirst) {
  const printed = [cell.text, ...(cell.tags ?? [])].join("\u0001");
  const signature = `${printed}\u0002${cell.href ?? ""}\u0002${cell.title ?? ""}`;
  if (element.dataset.signature === signature) return;
  const hasMoved = !isFirst && element.dataset.printed !== undefined && element.dataset.printed !== printed;
  element.dataset.signature = signature;
  element.dataset.printed = printed;
  if (cell.title) element.title = cell.title;
  else element.removeAttribute("title");
  fillCell(element, cell);
  if (hasMoved) flash(element);
}

function fillCell(element, cell) {
  const content = cell.nodes ?? [cell.isWord ? h("span", { class: "word" }, cell.text) : cell.text];
  const link = element.querySelector(":scope > a");
  const tags = (cell.tags ?? []).map((tag) => h("span", { class: "tag" }, tag));
  if (link && cell.href) {
    // The same link stays, so that a reader who stands on it with the keyboard still does.
    link.setAttribute("href", cell.href);
    link.replaceChildren(...content);
    while (link.nextSibling) link.nextSibling.remove();
    element.append(...tags);
    return;
  }
  element.replaceChildren(...(cell.href ? [h("a", { href: cell.href }, content)] : content), ...tags);
}

function flash(element) {
  element.classList.remove("is-moved");
  void element.offsetWidth; // Starts the animation anew where the cell moves twice in a row.
  element.classList.add("is-moved");
  element.addEventListener("animationend", () => element.classList.remove("is-moved"), { once: true });
}
