"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  root.classList.add("js");
  const tools = $("tools"), tip = $("tip");
  if (!tools || !tip) return;
  tools.hidden = false;

  const name = (cell) => cell.querySelector("b").textContent;
  const place = (cell) => {
    const cells = cell.parentElement.children;
    const number = Array.prototype.indexOf.call(cells, cell) + 1;
    return cell.closest("details").dataset.batch + ", host " + number + " of " + cells.length;
  };
  const says = (cell) => name(cell) + "\n" + place(cell) + (cell.dataset.w ? "\n" + cell.dataset.w : "");

  const show = (cell) => {
    tip.textContent = says(cell);
    tip.hidden = false;
    const at = cell.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const left = Math.max(4, Math.min(at.left, root.clientWidth - own.width - 8));
    const above = at.top - own.height - 6;
    tip.style.left = left + "px";
    tip.style.top = (above > 4 ? above : at.bottom + 6) + "px";
  };
  const hide = () => { tip.hidden = true; };
  const cellOf = (event) => event.target.closest ? event.target.closest(".h > li") : null;
  document.addEventListener("mouseover", (event) => { const cell = cellOf(event); if (cell) show(cell); else hide(); });
  document.addEventListener("scroll", hide, { passive: true });

  // one stop of the tab key for each batch; arrows go from host to host
  const found = $("found");
  let at = null;
  const go = (cell) => {
    if (at) at.classList.remove("at");
    at = cell;
    if (!cell) return;
    cell.classList.add("at");
    cell.scrollIntoView({ block: "nearest" });
    show(cell);
    found.textContent = says(cell).replace(/\n/g, "; ");
  };
  document.querySelectorAll("ul.h").forEach((list) => { list.tabIndex = 0; });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const list = event.target.closest && event.target.closest("ul.h");
    if (!list) return;
    const own = at && at.parentElement === list ? at : null;
    const next = { ArrowRight: own ? own.nextElementSibling : list.firstElementChild, ArrowLeft: own && own.previousElementSibling, Home: list.firstElementChild, End: list.lastElementChild }[event.key];
    if (next) { event.preventDefault(); go(next); }
  });
  document.addEventListener("focusout", hide);

  const input = $("q");
  let hits = [], turn = -1;
  const step = () => {
    if (!hits.length) return;
    turn = (turn + 1) % hits.length;
    const cell = hits[turn];
    cell.closest("details").open = true;
    if (at) at.classList.remove("at");
    at = cell;
    cell.classList.add("at");
    cell.scrollIntoView({ block: "center" });
    found.textContent = (turn + 1) + " of " + hits.length + ": " + says(cell).replace(/\n/g, "; ");
  };
  const search = () => {
    hits.forEach((cell) => cell.classList.remove("hit"));
    if (at) at.classList.remove("at");
    const wanted = input.value.trim().toLowerCase();
    hits = [];
    turn = -1;
    if (!wanted) { found.textContent = ""; return; }
    document.querySelectorAll("ul.h > li").forEach((cell) => {
      if (name(cell).toLowerCase().includes(wanted)) { hits.push(cell); cell.classList.add("hit"); }
    });
    if (!hits.length) found.textContent = "No host of the plan has this in its name.";
    step();
  };
  let wait = 0;
  input.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(search, 120); });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); if (hits.length) step(); else search(); } });
  $("next").addEventListener("click", step);

  const fold = $("fold");
  const batches = () => document.querySelectorAll(".batches details");
  fold.addEventListener("click", () => {
    const open = fold.textContent === "Unfold batches";
    batches().forEach((batch) => { batch.open = open; });
    fold.textContent = open ? "Fold batches" : "Unfold batches";
  });
  window.addEventListener("beforeprint", () => { document.querySelectorAll("details").forEach((part) => { part.open = true; }); });

  const again = Number(document.body.dataset.again || 0), hold = $("hold");
  if (hold) hold.parentElement.hidden = !again;
  if (again) {
    try { input.value = sessionStorage.getItem("q") || ""; if (input.value) search(); } catch { /* a page of a file may have no storage */ }
    setInterval(() => {
      if (hold.checked) return;
      try { sessionStorage.setItem("q", input.value); } catch { /* then the search is begun anew */ }
      location.reload();
    }, again * 1000);
  }
})();
