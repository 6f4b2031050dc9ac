// What slides over the chat of one phone: the Flow, lists, options, calendars. What is below cannot be reached until it closes.

import { button, el, focusable, icon, keepFocusIn, newId } from "./dom.js";

export class Sheet {
  /**
   * `host` is the phone's screen. `kind` is a class for its look: full, half or dialog. `onEscape` is what Escape and the dark
   * part behind it do; without it they close the sheet.
   */
  constructor(host, { title, kind = "half", onEscape = null, onClosed = null }) {
    this._host = host;
    this._onEscape = onEscape ?? (() => this.close());
    this._onClosed = onClosed;
    this._before = document.activeElement;
    const id = newId("sheet");
    this.title = el("h2", { id, class: "sheet-title", tabindex: "-1", dir: "auto", text: title });
    this.bar = el("div", { class: "sheet-bar" }, this.title);
    this.body = el("div", { class: "sheet-body" });
    this.panel = el("div", { class: `sheet ${kind}`, role: "dialog", "aria-labelledby": id }, this.bar, this.body);
    const shade = el("div", { class: "shade", on: { click: () => this._onEscape() } });
    this.node = el("div", { class: "layer", on: { keydown: (event) => this._key(event) } }, shade, this.panel);
  }

  /** Put a button that closes the sheet into its bar. */
  withClose(label = "Close") {
    this.bar.prepend(button({ class: "round", "aria-label": label, on: { click: () => this._onEscape() } }, icon("close")));
    return this;
  }

  open() {
    this._below().forEach((node) => node.toggleAttribute("inert", true));
    this._host.append(this.node);
    this.focus();
    return this;
  }

  /** Put the keyboard into the sheet: on `first`, else on its title. */
  focus(first = null) {
    (first ?? this.title).focus({ preventScroll: true });
  }

  close() {
    if (!this.node.isConnected) return;
    const hadFocus = this.node.contains(document.activeElement) || document.activeElement === document.body;
    this.node.remove();
    const top = [...this._host.children].findLast((node) => node.classList.contains("layer"));
    [...this._host.children].forEach((node) => node.toggleAttribute("inert", Boolean(top) && node !== top && !isMessage(node)));
    if (hadFocus) this._giveBackFocus(top);
    this._onClosed?.();
  }

  /** To where it was, else to the sheet below, else to the chat. */
  _giveBackFocus(top) {
    this._before?.focus({ preventScroll: true });
    if (document.activeElement === this._before && this._before !== document.body) return;
    (top?.querySelector(".sheet-title") ?? this._host.querySelector("[tabindex='0']"))?.focus({ preventScroll: true });
  }

  _below() {
    return [...this._host.children].filter((node) => !isMessage(node));
  }

  /** What the phone itself reports above its screen stays in reach: the wallet is answered while a form is open. */
  _notice() {
    return focusable(this._host.parentElement).find((node) => node.classList.contains("notice"));
  }

  _key(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this._onEscape();
    } else keepFocusIn(this.panel, event, this._notice());
  }
}

/** Snackbars stay in reach above every sheet. */
const isMessage = (node) => node.classList.contains("snack");

/** A sheet with a row for each option. `onChoose` is told the option; the sheet closes first. */
export function optionSheet(host, { title, sections, chosen = null, onChoose }) {
  const sheet = new Sheet(host, { title }).withClose();
  const row = (option) => optionRow(option, option.id === chosen, () => {
    sheet.close();
    onChoose(option);
  });
  for (const section of sections) {
    const id = newId("section");
    sheet.body.append(
      el("div", { class: "rows", role: "group", "aria-labelledby": section.title ? id : null },
        section.title ? el("h3", { id, class: "rows-title", dir: "auto", text: section.title }) : null,
        section.rows.map(row)),
    );
  }
  sheet.open();
  sheet.focus(sheet.body.querySelector("[aria-pressed='true']") ?? focusable(sheet.body)[0]);
  return sheet;
}

function optionRow(option, isChosen, onClick) {
  const words = el("span", { class: "row-words" },
    el("span", { class: "row-title", dir: "auto", text: option.title }),
    option.description ? el("span", { class: "row-more", dir: "auto", text: option.description }) : null,
    option.metadata ? el("span", { class: "row-more", dir: "auto", text: option.metadata }) : null);
  const isOff = option.enabled === false;
  return button(
    { class: "row", disabled: isOff, "aria-pressed": isChosen ? "true" : "false", "aria-label": spoken(option), on: { click: onClick } },
    option.picture ?? null,
    words,
    el("span", { class: "dot", "aria-hidden": "true" }),
  );
}

function spoken(option) {
  return [option.title, option.description, option.metadata].filter(Boolean).join(", ");
}
