// The form for another customer: ready-made ones with one tap, or a name and a number.

import { button, el, newId } from "./dom.js";
import { local } from "./handset.js";

export const FIRST = { number: "263771234567", name: "Rudo" };
const READY_MADE = [
  [FIRST, "EcoCash"],
  [{ number: "263712345678", name: "Tendai" }, "OneMoney"],
  [{ number: "263782345678", name: "Nomsa" }, "EcoCash"],
  [{ number: "447700900123", name: "Farai" }, "abroad, pays by card"],
];

/** Open it. `onAdd` takes a number and a name; when it fails, its sentence is shown and the form stays. */
export function openNewPhone(onAdd) {
  const id = newId("another");
  const refusal = el("p", { id: newId("refusal"), class: "refusal", role: "alert" });
  const dialog = el("dialog", { class: "new-phone", "aria-labelledby": id, on: { close: () => dialog.remove() } });
  const add = async (number, name) => {
    try {
      await onAdd(number.trim(), name.trim());
      dialog.close();
    } catch (error) {
      refusal.textContent = error.message;
    }
  };
  dialog.append(el("h2", { id, text: "Another customer" }), readyMade(add), el("p", { class: "or", text: "or your own" }), ownForm(add, dialog, refusal));
  document.body.append(dialog);
  dialog.showModal();
}

function readyMade(add) {
  const rows = READY_MADE.map(([{ number, name }, wallet]) => button({ class: "ready", on: { click: () => add(number, name) } },
    el("strong", { text: name }), el("span", { text: `${local(number)} · ${wallet}` })));
  return el("div", { class: "ready-made", role: "group", "aria-label": "Ready-made customers" }, rows);
}

function ownForm(add, dialog, refusal) {
  const name = el("input", { id: newId("name"), autocomplete: "off", maxlength: 60, required: true, dir: "auto" });
  const number = el("input", {
    id: newId("number"), inputmode: "tel", autocomplete: "off", placeholder: "0771234567", required: true, "aria-describedby": refusal.id,
  });
  const submit = (event) => {
    event.preventDefault();
    add(number.value, name.value);
  };
  return el("form", { on: { submit } },
    el("label", { for: name.id, text: "Customer name" }), name,
    el("label", { for: number.id, text: "Customer phone number" }), number,
    refusal,
    el("div", { class: "dialog-buttons" },
      button({ class: "plain", text: "Cancel", on: { click: () => dialog.close() } }),
      el("button", { class: "strong", text: "Open this phone" })));
}
