// Where the customer writes: text, emoji, and what can be attached.

import { button, el, icon, newId } from "./dom.js";

const EMOJI = [..."👍👋🙏😀😊😂😍🤔😢😡🎉❤🔥✅❌💵💳📱📷🦁🐘🦒🌍🌅✈🚌🏨🍽"];
const FILES = [["image", "photo", "Photo", "image/jpeg,image/png"], ["document", "file", "Document", "application/pdf,.pdf,.docx,.xlsx,.txt"]];
const MEDIA = [["voice", "voice", "Voice note"], ["sticker", "sticker", "Sticker"], ["location", "location", "Location"]];
const LONGEST = 4096;

export class Composer {
  /**
   * `onText` is told the words, `onMedia` the kind of what is attached; `onFile` the kind, the file (null: the sample slip) and the
   * words beside it.
   */
  constructor({ onText, onMedia, onFile }) {
    this._onText = onText;
    this._onFile = onFile;
    this._field = el("textarea", {
      rows: 1, maxlength: LONGEST, placeholder: "Message", "aria-label": "Message", dir: "auto", enterkeyhint: "send",
      on: { input: () => this._resize(), keydown: (event) => this._key(event) },
    });
    this._tray = el("div", { class: "tray", hidden: true, id: newId("tray") });
    this._openers = [
      this._opener("emoji", "Emoji", () => EMOJI.map((sign) => button({ class: "emoji", text: sign, on: { click: () => this._insert(sign) } }))),
      this._opener("attach", "Attach", () => this._attachments(onMedia)),
    ];
    const send = el("button", { class: "round send", "aria-label": "Send" }, icon("send"));
    const form = el("form", { class: "composer", on: { submit: (event) => this._submit(event) } },
      this._openers[0], this._field, this._openers[1], send);
    this.node = el("div", { class: "composing", on: { keydown: (event) => this._trayKey(event) } }, this._tray, form);
  }

  set hint(words) {
    this._field.placeholder = words;
  }

  focus() {
    this._field.focus();
  }

  _attachments(onMedia) {
    return [
      ...FILES.flatMap((each) => this._chooser(...each)),
      this._attachment("form", "Sample slip", () => this._sendFile("image", null)),
      ...MEDIA.map(([kind, name, words]) => this._attachment(name, words, () => onMedia(kind))),
    ];
  }

  _attachment(name, words, act) {
    const choose = () => {
      this._close();
      this.focus();
      act();
    };
    return button({ class: "attachment", on: { click: choose } }, icon(name), el("span", { text: words }));
  }

  /** A button that opens the browser's own way to choose a file from this machine. */
  _chooser(kind, name, words, accept) {
    const input = el("input", { type: "file", accept, hidden: true, tabindex: "-1", "aria-hidden": "true" });
    input.addEventListener("change", () => {
      this._close();
      this.focus();
      if (input.files[0]) this._sendFile(kind, input.files[0]);
    });
    return [button({ class: "attachment", on: { click: () => input.click() } }, icon(name), el("span", { text: words })), input];
  }

  /** What stands in the field goes along as the words beside the file. */
  _sendFile(kind, file) {
    const words = this._field.value.trim();
    this._field.value = "";
    this._resize();
    this._onFile(kind, file, words);
  }

  _opener(name, label, fill) {
    const opener = button({ class: "round", "aria-label": label, "aria-expanded": "false", "aria-controls": this._tray.id }, icon(name));
    opener.addEventListener("click", () => {
      const isOpen = opener.getAttribute("aria-expanded") === "true";
      this._close();
      if (isOpen) return;
      this._tray.replaceChildren(...fill());
      this._tray.hidden = false;
      opener.setAttribute("aria-expanded", "true");
    });
    return opener;
  }

  _close() {
    this._tray.hidden = true;
    for (const opener of this._openers) opener.setAttribute("aria-expanded", "false");
  }

  _insert(sign) {
    this._field.setRangeText(sign, this._field.selectionStart, this._field.selectionEnd, "end");
    this._resize();
  }

  _key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this._submit(event);
  }

  _trayKey(event) {
    if (event.key !== "Escape" || this._tray.hidden) return;
    const opener = this._openers.find((each) => each.getAttribute("aria-expanded") === "true");
    this._close();
    opener?.focus();
  }

  _submit(event) {
    event.preventDefault();
    const words = this._field.value.trim();
    if (!words) return;
    this._field.value = "";
    this._close();
    this._resize();
    this._onText(words);
  }

  _resize() {
    this._field.style.height = "auto";
    this._field.style.height = `${Math.min(this._field.scrollHeight, 120)}px`;
  }
}
