// One message of the chat as a bubble.

import { button, el, icon, isSafeAddress } from "./dom.js";
import { chatText } from "./markup.js";

const TICKS = {
  sending: ["clock", "Sending"],
  sent: ["one", "Sent"],
  delivered: ["two", "Delivered"],
  read: ["two", "Read"],
  failed: ["failed", "Not delivered"],
};
const MEDIA_ICONS = { Photo: "photo", "Voice note": "voice", Sticker: "sticker", Location: "location", Document: "file" };

/**
 * `acts` is what taps do: choose(item, choice), openList(item), openFlow(item), openSummary(item). `quoted` is the message that
 * this one answers, if it is there.
 */
export function bubble(item, acts, quoted = null) {
  const isOurs = item.from === "customer";
  const node = el("article", {
    class: `bubble ${isOurs ? "mine" : "theirs"} kind-${item.kind}`,
    "data-id": item.id,
    "data-kind": item.kind,
    "data-status": item.status,
    "data-testid": "message",
    "aria-label": isOurs ? "You" : "The business",
  });
  node.append(...[
    quoted ? el("blockquote", { class: "quote", dir: "auto", text: firstWords(quoted) }) : null,
    item.header ? el("p", { class: "bubble-header", dir: "auto", text: item.header }) : null,
    picture(item),
    file(item),
    media(item),
    item.body && item.kind !== "media" ? el("div", { class: "words", dir: "auto" }, chatText(item.body)) : null,
    item.footer ? el("p", { class: "bubble-footer", dir: "auto", text: item.footer }) : null,
    stamp(item),
    ...actions(item, acts),
  ].filter(Boolean));
  return node;
}

/** The first words of a message, for a quote. */
export function firstWords(item) {
  const words = item.body || item.header || item.button || item.file?.name || "";
  return words.length > 90 ? `${words.slice(0, 88)}…` : words;
}

function picture(item) {
  if (item.kind !== "image") return null;
  const address = item.file?.url || item.url;
  if (!isSafeAddress(address)) return null;
  const image = el("img", { class: "picture", src: address, alt: item.body || item.file?.name || "A picture", loading: "lazy" });
  return el("a", { class: "picture-link", href: address, target: "_blank", rel: "noopener" }, image);
}

function file(item) {
  if (item.kind !== "document" || !item.file) return null;
  const size = item.file.bytes ? `${sizeWords(item.file.bytes)} · ` : "";
  const kind = (item.file.name.match(/\.(\w{1,5})$/)?.[1] ?? "file").toUpperCase();
  return el("a", { class: "file", href: isSafeAddress(item.file.url) ? item.file.url : null, target: "_blank", rel: "noopener" },
    icon("file"),
    el("span", { class: "file-words" },
      el("span", { class: "file-name", dir: "auto", text: item.file.name || "Document" }),
      el("span", { class: "file-size", text: `${size}${kind}` })));
}

function sizeWords(bytes) {
  return bytes < 1024 ? `${bytes} bytes` : bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function media(item) {
  if (item.kind !== "media") return null;
  const words = item.body || "File";
  return el("p", { class: "media" }, icon(MEDIA_ICONS[words] ?? "file"), el("span", { text: words }));
}

/** When it was said, and for what the customer said how far it came. */
export function stamp(item) {
  const tick = item.from === "customer" ? TICKS[item.status] : item.status === "failed" ? TICKS.failed : null;
  return el("p", { class: "stamp", "aria-live": "off" },
    el("time", { datetime: item.at, text: clock(item.at) }),
    tick ? el("span", { class: `tick tick-${item.status}` }, icon(tick[0], tick[1])) : null);
}

/** The time of day where the person is. */
export function clock(at) {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? "" : time.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function actions(item, acts) {
  if (item.kind === "flow_reply") {
    return item.summary?.length ? [action("form", "View what was sent", () => acts.openSummary(item))] : [];
  }
  const shown = (item.choices ?? []).map((choice) => action("reply", choice.title, () => acts.choose(item, choice)));
  if (item.kind === "list") shown.push(action("list", item.button || "Choose", () => acts.openList(item)));
  else if (item.url && item.button) shown.push(...linkAction(item));
  else if (item.button) shown.push(action("form", item.button, () => acts.openFlow(item), item.disabled));
  return shown;
}

function action(name, words, onClick, isOff = false) {
  return button({ class: "action", disabled: isOff, on: { click: onClick } }, icon(name), el("span", { dir: "auto", text: words }));
}

function linkAction(item) {
  if (!isSafeAddress(item.url)) return [];
  return [
    el("a", { class: "action", href: item.url, target: "_blank", rel: "noopener" }, icon("link"), el("span", { dir: "auto", text: item.button })),
    el("p", { class: "data-note", text: "Opens the browser and uses internet data." }),
  ];
}
