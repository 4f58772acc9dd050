// The demo's own controls, in the line that says its figures are invented.

import { command, hasDemo } from "./api.js";
import { h } from "./dom.js";
import { word } from "./words.js";

/** Draw the controls; nothing where this server has no demo to steer. */
export function drawDemo(host, lang) {
  if (!hasDemo()) return;
  const w = (key) => word(lang, key);
  const act = (verb, body) => async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      await command(verb, body);
    } catch (error) {
      dispatchEvent(new CustomEvent("puhui-problem", { detail: error }));
    }
    button.disabled = false;
    button.focus({ preventScroll: true });
  };
  const button = (verb, name, body) =>
    h("button", { type: "button", "data-verb": verb, "data-factor": body?.factor, "aria-label": `${w("demo")}: ${name}`, onclick: act(verb, body) }, name);
  host.setAttribute("aria-label", w("demo"));
  host.replaceChildren(
    h("span", { class: "demo-day" }),
    button("pause", w("pause")), button("resume", w("resume")), button("step", w("step")),
    h("span", { class: "demo-speed" }, w("speed")), button("speed", "×1", { factor: 1 }), button("speed", "×5", { factor: 5 }));
  host.hidden = false;
}

/** Say where the demo stands. */
export function showDemo(host, lang, demo) {
  if (host.hidden || !demo.phase) return;
  const day = host.querySelector(".demo-day");
  const words = { history: word(lang, "demo_history"), failed: word(lang, "demo_failed"), live: demo.day };
  day.textContent = demo.is_paused ? `${words[demo.phase]} · ${word(lang, "paused")}` : words[demo.phase];
  host.querySelector('[data-verb="pause"]').setAttribute("aria-pressed", String(demo.is_paused));
  host.querySelector('[data-verb="resume"]').setAttribute("aria-pressed", String(!demo.is_paused));
  for (const speed of host.querySelectorAll("[data-factor]")) {
    speed.setAttribute("aria-pressed", String(Number(speed.dataset.factor) === demo.factor));
  }
}
