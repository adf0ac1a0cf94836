// <form data-select>: boxes [name=_selected_action], master [data-select-all], bar [data-select-bar]. Without this
// script it is a plain form with check boxes and buttons.
const chosen = new Map(); // form → ids, so that a refreshed list keeps its selection

const items = (form) => [...form.querySelectorAll("[name=_selected_action]")];

const stateOf = (box) => box.closest("tr").querySelector("[data-state]").dataset.state;

// `Cancel 1 run`, `Cancel 3 runs`; `Cancel 2 of 3 runs` where it would skip one.
function wordsOf(verb, able, shown) {
  const count = able < shown ? `${able} of ${shown}` : String(able);
  return `${verb} ${count} run${shown === 1 ? "" : "s"}`;
}

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
  const states = boxes.filter((box) => box.checked).map(stateOf);
  for (const verb of form.querySelectorAll("[data-select-verb]")) {
    const able = states.filter((state) => verb.dataset.selectStates.split(" ").includes(state)).length;
    verb.hidden = able === 0; // it would skip them all
    verb.textContent = wordsOf(verb.dataset.selectVerb, able, shown);
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
  if (!event.target.matches("[name=_selected_action]")) return;
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
