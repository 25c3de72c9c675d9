// Remembers, in this browser alone, how large the letters are and how far one came in a book.
// Nothing is sent anywhere. Without this script, or without storage, reading works just as well.
(() => {
  "use strict";
  const reader = document.querySelector(".reader[data-asset]");
  if (!reader) return;
  const SIZE = "givefirst.size";
  const PLACE = `givefirst.place.${reader.dataset.asset}`;

  // A browser may refuse storage: then nothing is remembered.
  const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { return; } };
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };

  const sizes = [...document.querySelectorAll(".sizes a")];
  sizes.forEach((link) => link.addEventListener("click", () => keep(SIZE, link.dataset.size)));
  const chosen = sizes.find((link) => link.dataset.size === kept(SIZE));
  // What the address says comes first.
  if (chosen && !new URLSearchParams(location.search).has("size")) {
    reader.dataset.size = chosen.dataset.size;
    sizes.forEach((link) => link.removeAttribute("aria-current"));
    chosen.setAttribute("aria-current", "true");
  }

  const chapter = Number(reader.dataset.chapter);
  if (chapter > 1) {
    keep(PLACE, chapter);
    return;
  }
  const last = Number(kept(PLACE));
  const there = last > 1 ? document.querySelectorAll(".toc a")[last - 1] : undefined;
  const line = document.querySelector(".resume");
  if (!there || !line) return;
  const link = document.createElement("a");
  link.className = "more";
  link.href = there.href;
  link.textContent = line.dataset.words.replace("{number}", last);
  line.append(link);
  line.hidden = false;
})();
