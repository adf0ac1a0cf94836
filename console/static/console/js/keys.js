// Keys of lists and search. They move the real focus, so Enter and the screen reader follow by themselves.
const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll(".row-link")].filter((link) => link.offsetParent);

function step(by) {
  const links = rows();
  if (!links.length) return;
  const here = links.findIndex((link) => link.closest("tr, li") === document.activeElement.closest("tr, li"));
  const next = here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by;
  links[Math.min(links.length - 1, Math.max(0, next))].focus();
}

function search() {
  const field = document.querySelector("[data-find]");
  field?.focus();
  field?.select();
}

const ask = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

const keys = {
  "/": search,
  "?": () => document.getElementById("keys")?.showModal(),
  j: () => step(1),
  k: () => step(-1),
  p: () => ask("console:live-toggle"),
  x: () => document.activeElement.closest("tr")?.querySelector("[name=_selected_action]")?.click(),
  " ": () => document.activeElement.dataset.quick && ask("console:quick", document.activeElement.dataset.quick),
};

document.addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    search();
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === " " && !document.activeElement.dataset.quick) return;
  if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});
