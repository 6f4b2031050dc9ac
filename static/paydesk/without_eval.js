// The admin's look writes small expressions into its pages. Alpine's build for a strict Content-Security-Policy reads them without
// making code of text (`static/unfold/js/alpine/alpine.js` is that build, in place of the usual one), and so it knows no globals and
// no statements. Here it learns the few functions the pages use by name, and the few expressions it cannot read are said otherwise.
"use strict";

(() => {
  const SIDEBAR = "sidebarDesktopOpen";

  const words = {
    sidebarWasOpen: () => localStorage.getItem(SIDEBAR) !== "0",
    rememberSidebar: (isOpen) => localStorage.setItem(SIDEBAR, isOpen ? "1" : "0"),
    getCurrentTab: () => getCurrentTab(),
    moveRecords: (event) => moveRecords(event),
    sortRecords: (event) => sortRecords(event),
    scrollToEnd: (element) => requestAnimationFrame(() => (element.scrollTop = element.scrollHeight)),
    goBack: () => history.back(),
    here: {
      get pathname() {
        return window.location.pathname;
      },
      get search() {
        return window.location.search;
      },
    },
  };

  // From what unfold writes to what can be read without eval. A list is worked through from left to right, as statements are.
  const SAID_OTHERWISE = [
    [/\(localStorage\.getItem\('sidebarDesktopOpen'\) !== null\)[\s\S]*?: true/, "sidebarWasOpen()"],
    [/window\.location/g, "here"],
    [/;\s*\$watch\('sidebarDesktopOpen'[\s\S]*$/, ""], // the button below remembers it
    [
      /^sidebarDesktopOpen = !sidebarDesktopOpen;\s*localStorage\.setItem[\s\S]*$/,
      "[sidebarDesktopOpen = !sidebarDesktopOpen, rememberSidebar(sidebarDesktopOpen)]",
    ],
    [/^if \((.+?)\) (\w+\(.*\))$/, "($1) && $2"],
  ];

  const readable = (expression) =>
    SAID_OTHERWISE.reduce((said, [pattern, instead]) => said.replace(pattern, instead), expression.trim());

  document.addEventListener("alpine:init", () => {
    Alpine.mapAttributes(({ name, value }) => ({ name, value: typeof value === "string" ? readable(value) : value }));
    Alpine.data("theme", (...of) => Object.assign(theme(...of), words));
    Alpine.data("searchForm", () => searchForm());
    Alpine.data("searchDropdown", () => searchDropdown());
    Alpine.data("searchCommand", () => searchCommand());
  });
})();
