// How every figure is computed, with its source: the method document as it comes with puhui.

import { readText } from "../api.js";
import { h } from "../dom.js";
import { elementsOf } from "../markdown.js";
import { word } from "../words.js";

/** Make the page; it is read once, for the method does not move with the figures. */
export function makeView(place) {
  const note = place.lang === "en" ? null : h("p", { class: "chart-note" }, word("zh", "method_language"));
  const text = h("article", { class: "method", lang: "en" });
  const update = async (signal) => {
    if (!text.hasChildNodes()) {
      const [, ...parts] = elementsOf(await readText("/api/method", signal));
      text.append(...parts);
      // After the page is there: a figure leads to its own formula.
      setTimeout(() => document.getElementById(location.hash.slice(1))?.scrollIntoView());
    }
    return { count: 1, quarter: "", data_version: "" };
  };
  return { content: h("div", {}, note, text), update };
}
