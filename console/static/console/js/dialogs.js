// <dialog> by [data-dialog="id"] and [data-close]; menus close like menus; the quick view.
function quick(address) {
  const dialog = document.getElementById("quick");
  const body = document.getElementById("quick-body");
  if (!dialog || !body) return;
  const shape = document.createElement("div");
  shape.className = "skeleton";
  shape.append(...Array.from({ length: 5 }, () => document.createElement("span")));
  body.replaceChildren(shape);
  dialog.showModal();
  window.htmx.ajax("GET", address, { target: body, swap: "innerHTML" });
}

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
