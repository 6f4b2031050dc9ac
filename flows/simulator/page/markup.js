// WhatsApp's marks in a chat (*bold*, _italic_, ~strike~, ```mono```) and the Markdown of a Flow, as elements. Never as HTML.

import { el, isSafeAddress } from "./dom.js";

const ADDRESS = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]'*_~]/;
const CHAT_RULES = [
  [/```([\s\S]+?)```/, (found) => el("code", { text: found[1] })],
  [/`([^`\n]+)`/, (found) => el("code", { text: found[1] })],
  [ADDRESS, (found) => link(found[0], found[0])],
  [marked("*"), (found) => el("strong", {}, chatText(found[1]))],
  [marked("_"), (found) => el("em", {}, chatText(found[1]))],
  [marked("~"), (found) => el("s", {}, chatText(found[1]))],
];
const FLOW_RULES = [
  [/!\[([^\]]*)\]\((data:image\/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=]+)\)/, (found) => el("img", { alt: found[1], src: found[2] })],
  [/\[([^\]]+)\]\(([^)\s]+)\)/, (found) => link(found[2], found[1])],
  [/\*\*([^*]+?)\*\*/, (found) => el("strong", {}, flowText(found[1]))],
  [/~~([^~]+?)~~/, (found) => el("s", {}, flowText(found[1]))],
  [/\*([^*\s](?:[^*]*[^*\s])?)\*/, (found) => el("em", {}, flowText(found[1]))],
];

/** A mark stands at the edge of a word and holds text without blanks at its ends. */
function marked(sign) {
  return new RegExp(`(?<![\\p{L}\\p{N}${sign}])[${sign}](?!\\s)([^${sign}\\n]*[^${sign}\\s])[${sign}](?![\\p{L}\\p{N}])`, "u");
}

/** The words of a chat message, as nodes. */
export function chatText(text) {
  return split(String(text ?? ""), CHAT_RULES);
}

/** A Flow's inline Markdown, as nodes. */
export function flowText(text) {
  return split(String(text ?? ""), FLOW_RULES);
}

/** Each rule looks for its first place; the earliest wins; what is before and behind is looked through in turn. */
function split(text, rules) {
  const nodes = [];
  let rest = text;
  while (rest) {
    const places = rules.map(([pattern, make]) => ({ found: pattern.exec(rest), make })).filter(({ found }) => found);
    if (places.length === 0) break;
    const { found, make } = places.reduce((best, each) => (each.found.index < best.found.index ? each : best));
    nodes.push(rest.slice(0, found.index), make(found));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...nodes, rest].filter((node) => node !== "");
}

function link(address, words) {
  return isSafeAddress(address) ? el("a", { href: address, target: "_blank", rel: "noopener noreferrer", text: words }) : words;
}

/** A text or a list of lines with Flow Markdown: headings, lists, tables, paragraphs. */
export function flowMarkdown(text) {
  const lines = (Array.isArray(text) ? text : [text]).flatMap((part) => String(part ?? "").split("\n"));
  const blocks = [];
  let open = null;
  for (const line of lines) {
    const block = blockOf(line);
    if (open && block && open.kind === block.kind && block.joins) open.lines.push(block.line);
    else if (block) blocks.push((open = { ...block, lines: [block.line] }));
    else open = null;
  }
  return blocks.map((block) => BLOCKS[block.kind](block.lines));
}

function blockOf(line) {
  const text = line.trim();
  if (!text) return null;
  const heading = /^(#{1,2})\s+(.*)$/.exec(text);
  if (heading) return { kind: heading[1] === "#" ? "heading" : "subheading", line: heading[2], joins: false };
  const item = /^(?:[-+*]|(\d+)\.)\s+(.*)$/.exec(text);
  if (item) return { kind: item[1] ? "numbered" : "bulleted", line: item[2], joins: true };
  if (text.startsWith("|") && text.endsWith("|")) return { kind: "table", line: text, joins: true };
  return { kind: "paragraph", line: text, joins: false };
}

const BLOCKS = {
  heading: (lines) => el("h3", { class: "heading", dir: "auto" }, flowText(lines[0])),
  subheading: (lines) => el("h4", { class: "subheading", dir: "auto" }, flowText(lines[0])),
  paragraph: (lines) => el("p", { dir: "auto" }, flowText(lines[0])),
  bulleted: (lines) => el("ul", {}, items(lines)),
  numbered: (lines) => el("ol", {}, items(lines)),
  table: (lines) => table(lines.map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()))),
};

function items(lines) {
  return lines.map((line) => el("li", { dir: "auto" }, flowText(line)));
}

function table(rows) {
  const [head, ...rest] = rows.filter((row) => !row.every((cell) => /^:?-+:?$/.test(cell)));
  const cells = (kind, row) => el("tr", {}, row.map((cell) => el(kind, { dir: "auto" }, flowText(cell))));
  return el("table", {}, el("thead", {}, cells("th", head ?? [])), el("tbody", {}, rest.map((row) => cells("td", row))));
}
