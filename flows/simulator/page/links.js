// A link inside a Flow.

import { button, el, isSafeAddress } from "./dom.js";

/** `open_url` is a real link, so that a person sees where it leads. */
export function linkTo(text, action, context) {
  if (action?.name === "open_url" && isSafeAddress(action.url)) {
    const opened = () => context.say("The browser opens. This uses internet data.");
    return el("a", { class: "embedded-link", dir: "auto", href: action.url, target: "_blank", rel: "noopener noreferrer", text, on: { click: opened } });
  }
  return button({ class: "embedded-link", dir: "auto", text, on: { click: () => action && context.act(action) } });
}
