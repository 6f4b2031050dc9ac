// Small builders for the page. Texts only ever become text nodes: nothing that arrives is read as HTML.

const SVG = "http://www.w3.org/2000/svg";
let ids = 0;

/** An id that no other element of this page has. */
export function newId(stem) {
  ids += 1;
  return `${stem}-${ids}`;
}

/**
 * An element. `text` becomes its text, `on` its listeners, `class` its classes; true sets an attribute without a value, and
 * false, null or undefined leave it out. Children that are null or false are skipped, strings become text.
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "value" || name === "checked") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A button that never submits a form. `label` is for those who cannot see an icon. */
export function button(properties, ...children) {
  return el("button", { type: "button", ...properties }, ...children);
}

const ICONS = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  send: "M4 12l16-8-6 8 6 8z",
  attach: "M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4L13 4.3a3 3 0 0 1 4.2 4.2l-7.8 7.8a1.5 1.5 0 0 1-2.1-2.1L14 7.5",
  emoji: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9 10v.01M15 10v.01M8.5 14.5c1 1.5 2.2 2 3.5 2s2.5-.5 3.5-2",
  list: "M8 6h12M8 12h12M8 18h12M4 6v.01M4 12v.01M4 18v.01",
  link: "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
  form: "M6 3h12v18H6zM9 8h6M9 12h6M9 16h3",
  reply: "M10 7L5 12l5 5M5 12h9a5 5 0 0 1 5 5",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  down: "M6 9l6 6 6-6",
  next: "M9 6l6 6-6 6",
  previous: "M15 6l-6 6 6 6",
  calendar: "M5 6h14v14H5zM5 10h14M9 3v4M15 3v4",
  one: "M4 12.5l4.5 4.5L18 7",
  two: "M2 12.5l4.5 4.5L16 7M10.5 16.200l.8.8L21 7",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2",
  failed: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v5M12 16v.01",
  photo: "M4 6h16v12H4zM4 15l4-4 4 4 3-3 5 5M15.5 9.5v.01",
  voice: "M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4zM6.5 11.5a5.5 5.5 0 0 0 11 0M12 17v3",
  sticker: "M5 5h14v9l-5 5H5zM14 19v-5h5M9 10v.01M14 10v.01",
  location: "M12 21s6.5-6 6.5-11a6.5 6.5 0 0 0-13 0C5.5 15 12 21 12 21zM12 10v.01",
  plus: "M12 5v14M5 12h14",
};

/** A drawing of `name`. Without `label` it is decoration. */
export function icon(name, label = "") {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.classList.add("icon", `icon-${name}`);
  if (label) {
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", label);
  } else drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
}

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

/** What Tab reaches inside `root`, in order. */
export function focusable(root) {
  return [...root.querySelectorAll(FOCUSABLE)].filter(
    (node) => !node.matches(":disabled, [tabindex='-1']") && !node.closest("[inert]") && node.getClientRects().length > 0,
  );
}

/** Keep Tab inside `root`: after its last stop comes `beside`, if given, else its first. */
export function keepFocusIn(root, event, beside = null) {
  const stops = focusable(root);
  if (event.key !== "Tab" || stops.length === 0) return;
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const isAtEdge = document.activeElement === (event.shiftKey ? first : last);
  if (!isAtEdge && stops.includes(document.activeElement)) return;
  if (!isAtEdge && !event.shiftKey) return; // from the title onwards, as the browser does
  event.preventDefault();
  (beside ?? (event.shiftKey ? last : first)).focus();
}

/** Make the children of `parent` exactly `wanted`, without moving those that are there already, so that focus stays. */
export function settle(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.childNodes]) if (!keep.has(child)) child.remove();
  wanted.forEach((node, place) => {
    if (parent.childNodes[place] !== node) parent.insertBefore(node, parent.childNodes[place] ?? null);
  });
}

/** Whether an address may become a link: the web, or our own files. */
export function isSafeAddress(address) {
  return /^(https?:\/\/|\/(?!\/))/i.test(String(address ?? ""));
}
