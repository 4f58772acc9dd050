// Making elements without templates: text is always text, never markup.

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `on…` are listeners; false and undefined are left out
 * @param {...(Node|string|null|undefined|false)} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child || child === 0));
  return element;
}

/** Set text only where it differs, so that nothing is painted again and no selection is lost. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
