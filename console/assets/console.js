// The pages work without this script. It moves the focus to what the viewer should read next,
// sends a search while the viewer types, selects ranges of rows, and removes the message of a
// finished change from the address.
"use strict";

(() => {
  const problem = document.getElementById("problem");
  if (problem) problem.focus();

  const address = new URL(location.href);
  if (address.searchParams.has("done")) {
    address.searchParams.delete("done");
    history.replaceState(null, "", address);
  }

  for (const field of document.querySelectorAll("input[data-filter]")) {
    let timer;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        sessionStorage.setItem("usher-search", String(field.selectionStart));
        field.form.requestSubmit();
      }, 400);
    });
    field.form.addEventListener("submit", () => clearTimeout(timer));
    const position = sessionStorage.getItem("usher-search");
    if (position !== null) {
      sessionStorage.removeItem("usher-search");
      field.focus();
      field.setSelectionRange(Number(position), Number(position));
    }
  }

  for (const select of document.querySelectorAll("form.filters select")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }

  const bulk = document.getElementById("bulk");
  if (bulk) {
    let last = null;
    bulk.addEventListener("click", (event) => {
      const box = event.target;
      if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
      const boxes = [...bulk.querySelectorAll('input[type="checkbox"]')];
      if (event.shiftKey && last) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = box;
    });
  }

  // The slash moves to the search field, as on many sites.
  document.addEventListener("keydown", (event) => {
    const search = document.querySelector('input[type="search"]');
    const typing = event.target instanceof Element && event.target.matches("input, select, textarea");
    if (event.key === "/" && search && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    }
  });
})();
