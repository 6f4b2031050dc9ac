// Pictures that a Flow carries as base64.

import { el } from "./dom.js";

const KINDS = [["iVBOR", "png"], ["/9j/", "jpeg"], ["UklGR", "webp"], ["R0lGOD", "gif"]];

/** The picture, or a frame with its description where the bytes are no picture. */
export function pictureOf(source, description = "") {
  const bytes = String(source ?? "").replace(/^data:image\/\w+;base64,/, "");
  const kind = KINDS.find(([start]) => bytes.startsWith(start));
  if (!kind || !/^[A-Za-z0-9+/=\s]+$/.test(bytes)) return el("span", { class: "no-picture", text: description || "A picture that cannot be shown" });
  return el("img", { src: `data:image/${kind[1]};base64,${bytes}`, alt: description });
}
