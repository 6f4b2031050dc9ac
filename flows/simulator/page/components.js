// Each component of a Flow as elements. `draw` gives the node and, for inputs, `setError`; for the Footer, `setReady`.

import { button, el, icon, newId } from "./dom.js";
import { INPUT_COMPONENTS } from "./inputs.js";
import { linkTo } from "./links.js";
import { flowMarkdown, flowText } from "./markup.js";
import { pictureOf } from "./pictures.js";

/** A component that is not known here says so, rather than being left out in silence. */
export function draw(component, context) {
  const make = COMPONENTS[component.type] ?? INPUT_COMPONENTS[component.type];
  const drawn = make ? make(component, context) : el("p", { class: "reason", text: `${component.type} is not drawn by this simulator.` });
  return drawn instanceof Node ? { node: drawn } : drawn;
}

const COMPONENTS = {
  TextHeading: ({ text }) => el("h3", { class: "heading", dir: "auto", text }),
  TextSubheading: ({ text }) => el("h4", { class: "subheading", dir: "auto", text }),
  TextBody: (component) => words(component, "text"),
  TextCaption: (component) => words(component, "text caption"),
  RichText: ({ text }) => el("div", { class: "text rich" }, flowMarkdown(text)),
  Image: (component) => image(component),
  ImageCarousel: (component) => carousel(component),
  EmbeddedLink: (component, context) => linkTo(component.text, component["on-click-action"], context),
  NavigationList: (component, context) => navigation(component, context),
  Footer: (component, context) => footer(component, context),
};

function words(component, kind) {
  const weight = component["font-weight"] ?? "normal";
  const classes = `${kind} weight-${weight}${component.strikethrough ? " struck" : ""}`;
  if (component.markdown) return el("div", { class: classes }, flowMarkdown(component.text));
  const text = Array.isArray(component.text) ? component.text.join("\n") : String(component.text ?? "");
  return el("p", { class: classes, dir: "auto", text });
}

function image(component) {
  const node = pictureOf(component.src, component["alt-text"] ?? "");
  node.classList.add("flow-image", component["scale-type"] === "cover" ? "cover" : "contain");
  if (component.height) node.style.maxHeight = `${Number(component.height)}px`;
  if (component.width) node.style.maxWidth = `${Number(component.width)}px`;
  if (component["aspect-ratio"]) node.style.aspectRatio = String(Number(component["aspect-ratio"]));
  return node;
}

function carousel(component) {
  const pictures = (component.images ?? []).map((each) => pictureOf(each.src, each["alt-text"] ?? ""));
  for (const picture of pictures) {
    picture.classList.add(component["scale-type"] === "cover" ? "cover" : "contain");
    picture.style.aspectRatio = component["aspect-ratio"] === "16:9" ? "16 / 9" : "4 / 3";
  }
  return el("div", { class: "carousel", tabindex: "0", role: "group", "aria-label": `${pictures.length} pictures` }, pictures);
}

function navigation(component, context) {
  const id = newId("navigation");
  return el("section", { class: "navigation", "aria-labelledby": component.label ? id : null },
    component.label ? el("h4", { id, class: "subheading", dir: "auto", text: component.label }) : null,
    component.description ? el("p", { class: "text caption", dir: "auto", text: component.description }) : null,
    (component["list-items"] ?? []).map((item) => navigationRow(item, item["on-click-action"] ?? component["on-click-action"], context)));
}

function navigationRow(item, action, context) {
  const main = item["main-content"] ?? {};
  const line = (kind, text) => (text ? el("span", { class: kind, dir: "auto", text }) : null);
  return button({ class: "row", on: { click: () => action && context.act(action) } },
    item.start?.image ? pictureOf(item.start.image, item.start["alt-text"] ?? "") : null,
    el("span", { class: "row-words" },
      line("row-title", main.title),
      line("row-more", main.description),
      line("row-more", main.metadata),
      item.tags?.length ? el("span", { class: "tags" }, item.tags.map((tag) => el("span", { class: "tag", text: tag }))) : null),
    el("span", { class: "row-end" }, line("row-title", item.end?.title), line("row-more", item.end?.description), line("badge", item.badge)),
    icon("next"));
}

function footer(component, context) {
  const caption = (kind) => (component[`${kind}-caption`] ? el("span", { text: component[`${kind}-caption`] }) : null);
  const captions = ["left", "center", "right"].map(caption).filter(Boolean);
  const label = el("span", { dir: "auto" }, flowText(component.label));
  const spinner = el("span", { class: "spinner", hidden: true, role: "img", "aria-label": "Waiting" });
  const main = button({ class: "flow-main", disabled: true, on: { click: () => context.act(component["on-click-action"]) } }, spinner, label);
  const setReady = (isReady, isBusy) => {
    main.disabled = !isReady;
    spinner.hidden = !isBusy;
  };
  return { node: el("div", {}, captions.length ? el("p", { class: "captions" }, captions) : null, main), setReady };
}
