// How one figure of a row becomes a cell: the printed text, or its status in words, and a link to
// where it comes from.

import { change, figure, yi } from "./format.js";
import { addressOf } from "./place.js";
import { named, word } from "./words.js";

/** Columns for the tables of one place, with the names that the status gave. */
export class Columns {
  constructor(place, names) {
    this.place = place;
    this.lang = place.lang;
    this.names = names;
  }

  w(key) {
    return word(this.lang, key);
  }

  /** A member of a closed list by its code; the code itself where the list does not know it. */
  name(list, code) {
    const found = (this.names[list] ?? []).find((thing) => thing.code === code);
    return found ? named(this.lang, found) : code;
  }

  /** Name of a row's bank or aggregate. */
  rowName(row) {
    return (this.lang === "en" ? row.bank_name_en || row.bank_name : row.bank_name) || row.bank_id;
  }

  /** Where a row's `key` comes from. */
  sourceOf(row, key) {
    return addressOf(this.place, { bank: row.bank_id, figure: key });
  }

  scope(head, tagsOf = () => []) {
    return {
      key: "bank_name",
      head,
      cell: (row) => ({
        text: this.rowName(row),
        tags: tagsOf(row),
        title: row.bank_id,
        href: row.kind === "published" ? undefined : addressOf(this.place, { bank: row.bank_id, figure: "" }),
      }),
      order: (row) => this.rowName(row),
    };
  }

  /** Who is present in an aggregate and lacks the figure of `status`, for a cell's title. */
  lackingTitle(row, status = "") {
    const names = (row[status.replace(/status$/, "lacking")] ?? []).map((bank) => named(this.lang, bank));
    const [colon, comma] = this.lang === "en" ? [": ", ", "] : ["：", "、"];
    return names.length ? `${this.w("lacking")}${colon}${names.join(comma)}` : undefined;
  }

  money(key, head, statusOf = () => "", status = "") {
    return {
      key, head, unit: this.w("yi"), isNumber: true,
      cell: (row) => {
        const isKnown = row[key] !== "" && row[key] !== undefined && !statusOf(row);
        const title = this.lackingTitle(row, status);
        return isKnown
          ? { text: yi(row[key]), href: this.sourceOf(row, key), title }
          : { text: statusOf(row) || this.w("unknown"), isWord: true, title };
      },
      order: (row) => (row[key] === "" || row[key] === undefined || statusOf(row) ? null : BigInt(row[key])),
    };
  }

  /**
   * A figure that the server printed, or its status in words. `status` may hide it; `words` is
   * the status that says why it is not there, where that is another one.
   */
  printed(key, head, unit, { status, words = status, isSigned = false, isChange = false } = {}) {
    const isShown = (row) => row[key] !== "" && row[key] !== undefined && !isHidden(row, status);
    return {
      key, head, unit, isNumber: true,
      cell: (row) => {
        const text = row[key];
        const title = this.lackingTitle(row, status);
        if (!isShown(row)) return { text: this.statusWord(row, isHidden(row, status) ? status : words), isWord: true, title };
        const written = isChange ? change(text) : figure(text, isSigned);
        return { text: written, href: row.kind === "published" ? undefined : this.sourceOf(row, key), title };
      },
      order: (row) => (isShown(row) ? Number(row[key]) : null),
    };
  }

  /** The status of a figure in words; rows bring them as `…_zh` and `…_en` beside the code. */
  statusWord(row, status) {
    if (!status) return this.w("unknown");
    const code = row[status];
    // A change on a year before may be missing although the figure itself is there.
    if (code === undefined || code === "" || code === "ok") return this.w("unknown");
    return row[`${status}_${this.lang}`] || this.name("statuses", code);
  }

  /** A word from a closed list. */
  listed(key, head, list) {
    return {
      key, head, className: "whole",
      cell: (row) => ({ text: row[key] ? this.name(list, row[key]) : "–", isWord: true }),
      order: (row) => row[key] ?? "",
    };
  }

  /** Free text. */
  text(key, head, textOf = (row) => String(row[key] ?? ""), className = "text") {
    return { key, head, className, cell: (row) => ({ text: textOf(row) || "–" }), order: (row) => textOf(row) };
  }
}

// A sum over too few banks is not printed, though the server knows it.
function isHidden(row, status) {
  return status !== undefined && row[status] === "coverage_too_low";
}

/**
 * Marks that a row carries. `status` names the field that may hide its figures. That a quarter is
 * not over is said once, under the title: then it holds for every row.
 */
export function rowTags(columns, status = "status") {
  return (row) => (row.is_preliminary && !isHidden(row, status) ? [columns.w("preliminary")] : []);
}
