// <form data-select>: boxes [name=ids], master [data-select-all], bar [data-select-bar]. Without this
// script it is a plain form with check boxes and buttons.
const chosen = new Map(); // form → ids, so that a refreshed list keeps its selection

const items = (form) => [...form.querySelectorAll("[name=ids]")];

function draw(form) {
  const ids = chosen.get(form);
  const boxes = items(form);
  for (const box of boxes) {
    box.checked = ids.has(box.value);
    box.closest("tr")?.classList.toggle("is-selected", box.checked);
  }
  const shown = boxes.filter((box) => box.checked).length;
  const bar = form.querySelector("[data-select-bar]");
  if (bar) bar.hidden = shown === 0;
  for (const count of form.querySelectorAll("[data-select-count]")) count.textContent = String(shown);
  for (const verb of form.querySelectorAll("[data-select-many]")) {
    const text = shown === 1 ? verb.dataset.selectOne : verb.dataset.selectMany;
    verb.textContent = text.replace("{n}", String(shown));
  }
  const master = form.querySelector("[data-select-all]");
  if (!master) return;
  master.checked = shown > 0 && shown === boxes.length;
  master.indeterminate = shown > 0 && shown < boxes.length;
}

function adopt() {
  for (const form of document.querySelectorAll("form[data-select]")) {
    const boxes = items(form);
    const before = chosen.get(form) ?? new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const present = new Set(boxes.map((box) => box.value));
    chosen.set(form, new Set([...before].filter((id) => present.has(id)))); // gone from the list: not selected
    draw(form);
  }
}

let last = null;

document.addEventListener("click", (event) => {
  const form = event.target.closest("form[data-select]");
  if (!form) return;
  const ids = chosen.get(form);
  if (event.target.closest("[data-select-none]")) {
    ids.clear();
    draw(form);
    return;
  }
  if (event.target.matches("[data-select-all]")) {
    for (const box of items(form)) event.target.checked ? ids.add(box.value) : ids.delete(box.value);
    draw(form);
    return;
  }
  if (!event.target.matches("[name=ids]")) return;
  const boxes = items(form);
  const here = boxes.indexOf(event.target);
  const from = event.shiftKey && last ? boxes.findIndex((box) => box.value === last) : here;
  const range = boxes.slice(Math.min(here, from < 0 ? here : from), Math.max(here, from) + 1);
  for (const box of range) event.target.checked ? ids.add(box.value) : ids.delete(box.value);
  last = event.target.value;
  draw(form);
});

adopt();
document.addEventListener("htmx:afterSettle", adopt);
addEventListener("pageshow", adopt);
