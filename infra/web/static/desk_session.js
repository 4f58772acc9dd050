// Who acts at the desk: a token that is kept in this tab only, and goes nowhere but with an act.

import { act, AnswerError } from "./api.js";
import { h } from "./dom.js";
import { word } from "./words.js";

const KEY = "puhui-person-token";

/** The token of who signed in; "" for nobody. */
export function token() {
  return sessionStorage.getItem(KEY) ?? "";
}

/** Do a verb as who signed in. */
export async function actAs(lang, verb, body) {
  if (!token()) throw new AnswerError({ code: "token_needed", zh: word("zh", "need_token"), en: word("en", "need_token") });
  return act(verb, body, token());
}

/** Keep the chosen file and return its hash; "" where none was chosen. */
export async function keepFile(lang, input) {
  const file = input.files[0];
  if (!file) return "";
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  const kept = await actAs(lang, "file_keep", { file_name: file.name, content_base64: btoa(text) });
  return kept.sha256;
}

/** A form to sign in, or to sign out again. */
export function signIn(lang, onChange) {
  const w = (key) => word(lang, key);
  if (token()) {
    return h("div", { class: "buttons", id: "signed-in" }, h("span", {}, `✓ ${w("signed_in")}`),
      h("button", { type: "button", id: "sign-out", onclick: () => { sessionStorage.removeItem(KEY); onChange(); } }, w("sign_out")));
  }
  const input = h("input", { type: "password", id: "token", autocomplete: "off", "aria-label": w("token"), placeholder: w("token") });
  return h("form", { id: "sign-in", onsubmit: (event) => {
    event.preventDefault();
    if (!input.value.trim()) return;
    sessionStorage.setItem(KEY, input.value.trim());
    onChange();
  } }, h("div", { class: "buttons" }, input, h("button", { type: "submit" }, w("sign_in")), h("span", { class: "word" }, w("sign_in_help"))));
}

/**
 * A form that does one act: fields, a button, and what came of it.
 * @param {object} form
 * @param {string} form.id
 * @param {[string, HTMLElement][]} form.fields label and input
 * @param {string} form.button
 * @param {() => Promise<unknown>} form.send
 * @param {(answer: unknown) => void} form.onDone
 * @param {(error: Error) => Node} form.onError what to show of an error
 */
export function actForm({ id, fields, button, send, onDone, onError }) {
  const said = h("div", { "aria-live": "polite" });
  const press = h("button", { type: "submit", class: "main-button", disabled: !token() }, button);
  return h("form", { id, onsubmit: async (event) => {
    event.preventDefault();
    press.disabled = true;
    said.replaceChildren();
    try {
      onDone(await send());
    } catch (error) {
      said.replaceChildren(onError(error));
    }
    press.disabled = !token();
  } }, fields.map(([label, input]) => h("div", { class: "field" }, h("label", { for: input.id || undefined }, label), input)),
  h("div", { class: "buttons" }, press), said);
}

/** A list to choose from, for a form. */
export function choice(id, options) {
  return h("select", { id }, options.map(([value, text]) => h("option", { value }, text)));
}

/** A line or some lines of text, for a form. */
export function textInput(id, isLong = false) {
  return isLong ? h("textarea", { id, class: "prose" }) : h("input", { id });
}
