// The list of runs stands still: a refresh asks for the rows that are there, and what else there is, is counted.
document.addEventListener("htmx:configRequest", (event) => {
  const list = event.detail.elt;
  const rows = list.id === "run-list" ? [...list.querySelectorAll(".row-link")] : [];
  if (!rows.length) return;
  event.detail.parameters.rows = rows.map((link) => decodeURIComponent(link.pathname.split("/").pop())).join("~");
  if (!new URL(event.detail.path, location).searchParams.has("seen")) event.detail.parameters.seen = list.dataset.seen;
});

// Each row's quick view: its address, and a cell with a button for those who rest their pointer nowhere.
function equip() {
  for (const link of document.querySelectorAll("#run-list .row-link:not([data-quick])")) {
    link.dataset.quick = `${link.pathname}/quick`;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "more";
    button.textContent = "⋯";
    button.dataset.quick = link.dataset.quick;
    button.setAttribute("aria-label", `Quick view of ${link.textContent}`);
    const cell = link.closest("tr").insertCell();
    cell.className = "col-more from-760";
    cell.append(button);
  }
}

equip();
document.addEventListener("htmx:afterSettle", equip);

// Resting the pointer on a row shows its quick view beside it.
const REST = 700;
const GAP = 6;
const view = document.getElementById("hover-view");
let timer = 0;
let wanted = null;

function place(row) {
  const at = row.getBoundingClientRect();
  const above = at.bottom + view.offsetHeight + GAP > innerHeight && at.top > view.offsetHeight;
  view.style.top = `${above ? at.top - view.offsetHeight - GAP : at.bottom + GAP}px`;
}

function show(row) {
  const then = () => {
    if (wanted !== row || !row.isConnected || document.querySelector("dialog[open]")) return;
    view.hidden = false;
    place(row);
  };
  const address = row.querySelector(".row-link").dataset.quick;
  document.dispatchEvent(new CustomEvent("console:load", { detail: { address, into: view, then } }));
}

function leave() {
  clearTimeout(timer);
  wanted = null;
  view.hidden = true;
}

if (view && matchMedia("(hover: hover) and (pointer: fine)").matches) {
  document.addEventListener("pointerover", (event) => {
    const row = event.target.closest("#run-list tbody tr");
    if (row === wanted || view.contains(event.target)) return;
    leave();
    if (!row) return;
    wanted = row;
    timer = setTimeout(() => show(row), REST);
  });
  for (const name of ["scroll", "keydown", "pointerdown"]) document.addEventListener(name, leave, { passive: true });
}
