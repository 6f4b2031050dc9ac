// Says how far an export is until its file is there, then shows the page anew.
"use strict";

(() => {
  const place = document.querySelector(".desk-progress");
  const words = place.querySelector("[role=status]");
  const bar = place.querySelector("progress");

  async function look() {
    try {
      const answer = await (await fetch(place.dataset.address, { credentials: "same-origin" })).json();
      words.textContent = answer.words;
      if (bar.max > 1) bar.value = answer.done;
      const goesOn = ["waiting", "running"].includes(answer.status);
      if (!goesOn || (answer.done && bar.max <= 1)) return location.reload();
    } catch {
      words.textContent = "No connection to the office's server. Still trying.";
    }
    setTimeout(look, 1000);
  }

  setTimeout(look, 1000);
})();
