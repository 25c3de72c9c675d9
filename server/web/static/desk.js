// Keys for the lists. Everything here also works without it: links, details, popover, plain forms.
// Character keys do nothing while typing, and can be switched off (WCAG 2.1.4).
(() => {
  "use strict";
  const places = { v: "/desk/", l: "/desk/leads", g: "/desk/conversations", w: "/desk/gifts", n: "/desk/newsletter", r: "/desk/report" };
  const rows = () => [...document.querySelectorAll(".lead:not(.lead--done), .grid--leads tbody tr, .inbox-list li")];
  let at = -1;
  let goes = 0;

  const on = () => document.documentElement.dataset.keys !== "off";
  const typing = (el) => el.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  function move(step) {
    const all = rows();
    // A card has no rows: the lead before and after it in the list one came from.
    if (!all.length) { document.querySelector(`.crumb a[rel=${step > 0 ? "next" : "prev"}]`)?.click(); return; }
    at = Math.max(0, Math.min(all.length - 1, at + step));
    all.forEach((row, n) => (n === at ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current")));
    all[at].querySelector("a")?.focus();
    all[at].scrollIntoView({ block: "nearest" });
  }

  // Only where the menu leads: a colleague has the pages of their role.
  function go(place) {
    goes = 0;
    document.querySelector(`.nav a[href="${place}"]`)?.click();
  }

  // On a list the panel of the row, on the card the one that stands open, in the list of all the card itself.
  function outcome() {
    const row = rows()[at];
    const box = row?.querySelector(".outcome");
    if (box) box.open = true;
    const button = (box || document).querySelector(box ? ".outcome-panel button" : ".outcome-panel--flat button");
    if (button) button.focus();
    else row?.querySelector("a")?.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = event.target.closest("details[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      return;
    }
    if (!on() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (Date.now() - goes < 1200 && places[event.key]) { go(places[event.key]); return; }
    const does = {
      j: () => move(1), k: () => move(-1), u: outcome, o: outcome, z: () => document.querySelector("#undo")?.click(), n: () => document.querySelector("#note")?.focus(), g: () => { goes = Date.now(); },
      x: () => rows()[at]?.querySelector("input[type=checkbox]")?.click(),
      "/": () => document.querySelector("#q")?.focus(),
      r: () => document.querySelector("#reply")?.focus(),
      "?": () => document.querySelector("#keys")?.togglePopover(),
    }[event.key];
    if (does) { event.preventDefault(); does(); }
  });

  // The switch in the help; remembered on this device.
  const box = document.querySelector("#keys-on");
  const set = (value) => { document.documentElement.dataset.keys = value; if (box) box.checked = value !== "off"; };
  set(localStorage.getItem("keys") || "on");
  box?.addEventListener("change", () => { set(box.checked ? "on" : "off"); localStorage.setItem("keys", box.checked ? "on" : "off"); });

  // One outcome panel open at a time; a press outside closes it.
  document.addEventListener("click", (event) => {
    document.querySelectorAll(".outcome[open]").forEach((box) => { if (!box.contains(event.target)) box.open = false; });
  });
})();
