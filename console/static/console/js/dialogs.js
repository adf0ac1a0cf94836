// <dialog> by [data-dialog="id"] and [data-close]; menus close like menus; the quick view.
function quick(address) {
  const dialog = document.getElementById("quick");
  const body = document.getElementById("quick-body");
  if (!dialog || !body) return;
  document.dispatchEvent(new CustomEvent("console:load", { detail: { address, into: body } }));
  dialog.showModal();
}

// Each question gets a place of its own, and the last one's place is the one in the page: a late answer to an
// earlier question lands in a place that nobody sees any more.
document.addEventListener("console:load", ({ detail: { address, into, then } }) => {
  const place = document.createElement("div");
  const shape = document.createElement("div");
  shape.className = "skeleton";
  shape.append(...Array.from({ length: 5 }, () => document.createElement("span")));
  place.append(shape);
  into.replaceChildren(place);
  const answered = window.htmx.ajax("GET", address, { source: place, target: place, swap: "innerHTML" });
  answered.catch(() => {}).then(() => {
    if (shape.isConnected) place.textContent = "This could not be loaded. Close it and try again.";
    if (place.isConnected) then?.();
  });
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  const look = event.target.closest("button[data-quick]");
  if (look) quick(look.dataset.quick);
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement) event.target.close(); // the backdrop
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) || opener) menu.open = false;
  }
});

// A menu that would leave the window is moved back into it; one with an error in it is open from the beginning.
function keepInWindow(menu) {
  const body = menu.matches?.("details.menu[open]") && menu.querySelector(":scope > .menu-body");
  if (!body) return;
  body.style.translate = "";
  const { left, right } = body.getBoundingClientRect();
  const beyond = Math.max(0, right - document.documentElement.clientWidth + 8) || Math.min(0, left - 8);
  if (beyond && getComputedStyle(body).position === "absolute") body.style.translate = `${-beyond}px 0`;
}

document.addEventListener("toggle", (event) => keepInWindow(event.target), true);
document.querySelectorAll("details.menu[open]").forEach(keepInWindow);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open], details.nav-sheet[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("console:quick", (event) => quick(event.detail));

// A confirmation that arrives as a fragment opens as a dialog.
document.addEventListener("htmx:afterSettle", (event) => {
  const dialog = event.target.matches?.("dialog[data-open]") ? event.target : event.target.querySelector?.("dialog[data-open]");
  if (dialog && !dialog.open) dialog.showModal();
});
