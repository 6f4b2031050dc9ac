// What a phone shows when a Flow could not go on.

import { button, el } from "./dom.js";
import { Sheet } from "./sheet.js";

/** `failed` has the message for the customer, and the name and reasons for developers. Without `onAgain` it can only be closed. */
export function retryDialog(host, { message, failure, problems = [] }, { onClose, onAgain }) {
  const leave = () => {
    dialog.close();
    onClose();
  };
  const again = () => {
    dialog.close();
    onAgain();
  };
  const dialog = new Sheet(host, { title: "Something went wrong", kind: "dialog", onEscape: leave });
  const reasons = [failure, ...problems].filter(Boolean).map((each) => el("p", { class: "reason", text: each }));
  const buttons = [
    button({ class: "plain", text: "Close", on: { click: leave } }),
    onAgain ? button({ class: "strong", text: "Try again", on: { click: again } }) : null,
  ];
  dialog.body.append(el("p", { text: message || "Try again, or close this form and open it once more." }));
  if (reasons.length) dialog.body.append(el("details", {}, el("summary", { text: "For developers" }), reasons));
  dialog.body.append(el("div", { class: "dialog-buttons" }, buttons));
  dialog.open();
  dialog.focus(dialog.body.querySelector(".strong") ?? dialog.body.querySelector(".plain"));
}
