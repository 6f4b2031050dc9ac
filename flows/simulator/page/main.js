// The page: the phones that are open, the one at hand, and the form for a new one.

import { Refused, addPhone, phones } from "./api.js";
import { button, el, icon } from "./dom.js";
import { Handset } from "./handset.js";
import { FIRST, openNewPhone } from "./new_phone.js";

const KEPT = "paydesk-open-phones";
const UNREAD_EVERY_MS = 4000;

const page = {
  handsets: new Map(),
  chosen: null,
  stage: document.getElementById("phones"),
  tabs: document.getElementById("tabs"),
  trouble: document.getElementById("trouble"),
};

async function begin() {
  document.addEventListener("visibilitychange", () => !document.hidden && page.chosen?.choose(true));
  await openFirst();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, UNREAD_EVERY_MS));
    if (!document.hidden) await refreshTabs();
  }
}

/** The phone of the address; else those that were open here; else the first of the simulator; else a new one. */
async function openFirst() {
  const asked = new URLSearchParams(location.search);
  try {
    const known = (await phones()).phones;
    const kept = known.filter((phone) => keptNumbers().includes(phone.number));
    if (asked.get("number")) show(await addPhone(asked.get("number"), asked.get("name") ?? ""));
    else if (kept.length) kept.forEach(show);
    else show(known[0] ?? (await addPhone(FIRST.number, FIRST.name)));
    page.trouble.hidden = true;
    await refreshTabs();
  } catch (error) {
    say(error);
    if (asked.get("number") && error.status) history.replaceState(null, "", location.pathname);
    setTimeout(openFirst, UNREAD_EVERY_MS);
  }
}

/** A refusal is shown; anything else is a mistake of ours and goes on to the console. */
function say(error) {
  if (!(error instanceof Refused)) throw error;
  page.trouble.textContent = error.message;
  page.trouble.hidden = false;
}

/** Put a phone on the stage, or turn to it. */
function show(phone) {
  let handset = page.handsets.get(phone.number);
  if (!handset) {
    handset = new Handset(phone, { onChosen: choose, onPutAway: putAway, onLost: bringBack });
    page.handsets.set(phone.number, handset);
    page.stage.append(handset.node);
    handset.start();
  }
  choose(handset);
  if (page.stage.scrollWidth > page.stage.clientWidth) handset.node.scrollIntoView({ block: "nearest", inline: "nearest" });
  keep();
}

function choose(handset) {
  if (page.chosen === handset) return;
  page.chosen?.choose(false);
  page.chosen = handset;
  handset.choose(true);
  markTabs();
}

function putAway(handset) {
  handset.stop();
  page.handsets.delete(handset.number);
  keep();
  page.chosen = null;
  const next = [...page.handsets.values()].at(-1);
  if (next) choose(next);
  refreshTabs();
  (page.tabs.querySelector("button") ?? page.tabs).focus();
}

/** The simulator was started anew: the same phone again, with an empty chat. */
async function bringBack(handset) {
  await addPhone(handset.number, handset.name).catch(() => {});
}

// --- The row of phones ------------------------------------------------------------------------------
async function refreshTabs() {
  try {
    const known = (await phones()).phones;
    drawTabs(known);
    page.trouble.hidden = true;
  } catch (error) {
    say(error);
  }
}

function drawTabs(known) {
  const content = JSON.stringify(known);
  if (page.drawn !== content) {
    page.drawn = content;
    const focused = page.tabs.contains(document.activeElement) ? document.activeElement.dataset.number : null;
    page.tabs.replaceChildren(...known.map(tab), newTab());
    if (focused) page.tabs.querySelector(`[data-number='${focused}']`)?.focus();
  }
  markTabs();
}

function tab(phone) {
  const unread = phone.unread ? el("span", { class: "unread", "aria-label": `${phone.unread} unread` , text: String(phone.unread) }) : null;
  return button({ class: "tab", "data-number": phone.number, on: { click: () => show(phone) } }, el("span", { dir: "auto", text: phone.name }), unread);
}

function newTab() {
  return button({ class: "tab new", "aria-label": "New phone", on: { click: () => openNewPhone(add) } }, icon("plus"), el("span", { text: "New phone" }));
}

function markTabs() {
  for (const each of page.tabs.querySelectorAll("[data-number]")) {
    const isChosen = each.dataset.number === page.chosen?.number;
    each.setAttribute("aria-pressed", String(isChosen));
    each.classList.toggle("open", page.handsets.has(each.dataset.number));
  }
}

/** Throws Refused. */
async function add(number, name) {
  show(await addPhone(number, name));
  await refreshTabs();
}

// --- Which phones were open here ----------------------------------------------------------------------
function keptNumbers() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify([...page.handsets.keys()]));
  } catch {
    // Private windows may keep nothing; then the page opens with the first phone.
  }
}

begin();
