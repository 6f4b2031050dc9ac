// Keeps what was typed beside a button until the page says that it was done: a session may end between typing and pressing.
// It stays in this tab, for this member of staff, half a day at most. Files and passwords are never kept.
"use strict";

(() => {
  const NEVER_KEPT = new Set(["file", "password", "hidden", "submit", "button"]);
  const LONGEST_MILLISECONDS = 12 * 60 * 60 * 1000;

  const keyOf = (form) => `typed ${form.dataset.who} ${form.getAttribute("action")}`;
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !NEVER_KEPT.has(field.type));

  function keep(form) {
    const typed = Object.fromEntries(fieldsOf(form).map((field) => [field.name, field.value]));
    if (Object.keys(typed).length === 0) return;
    sessionStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), once: form.elements.once.value, typed }));
  }

  function putBack(form) {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(form)) || "null");
    if (kept === null) return;
    if (Date.now() - kept.at > LONGEST_MILLISECONDS) {
      sessionStorage.removeItem(keyOf(form));
      return;
    }
    for (const field of fieldsOf(form)) {
      if (field.name in kept.typed) field.value = kept.typed[field.name];
    }
  }

  function forget(once) {
    const ours = Object.keys(sessionStorage).filter((key) => key.startsWith("typed "));
    for (const key of ours.filter((each) => JSON.parse(sessionStorage.getItem(each)).once === once)) sessionStorage.removeItem(key);
  }

  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-button]")) keep(event.target);
  });
  document.querySelectorAll("[data-done]").forEach((done) => forget(done.dataset.done));
  document.querySelectorAll("form[data-button]").forEach(putBack);
})();
