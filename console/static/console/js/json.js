// The JSON view: search, fold, copy the value, copy the path of a key.
const step = (li) => {
  const key = li.querySelector(":scope > .k, :scope > details > summary > .k");
  if (!key) return `[${[...li.parentElement.children].indexOf(li)}]`;
  const name = JSON.parse(key.textContent);
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${key.textContent}]`;
};

function pathOf(key) {
  let path = "";
  for (let li = key.closest("li"); li; li = li.parentElement.closest("li")) path = step(li) + path;
  return `$${path}`;
}

// Without the counts (.m) the text of the tree is the same JSON again.
function textOf(body) {
  const copy = body.cloneNode(true);
  for (const count of copy.querySelectorAll(".m")) count.remove();
  return copy.textContent.trim();
}

const copy = (text) => document.dispatchEvent(new CustomEvent("console:copy", { detail: text }));

document.addEventListener("click", (event) => {
  const key = event.target.closest(".json-body .k");
  if (key) {
    event.preventDefault(); // inside a summary it would fold
    copy(pathOf(key));
  }
  const button = event.target.closest("[data-json-copy]");
  if (button) copy(textOf(button.closest(".json").querySelector(".json-body")));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "c" || event.ctrlKey || event.metaKey) return;
  const key = event.target.closest?.(".json-body summary")?.querySelector(".k");
  if (key) copy(pathOf(key));
});

function unmark(body) {
  for (const mark of body.querySelectorAll("mark")) mark.replaceWith(mark.textContent);
  body.normalize();
}

function mark(span, wanted) {
  const text = span.textContent;
  const at = text.toLowerCase().indexOf(wanted);
  if (at < 0) return false;
  const found = document.createElement("mark");
  found.textContent = text.slice(at, at + wanted.length);
  span.replaceChildren(text.slice(0, at), found, text.slice(at + wanted.length));
  for (let fold = span.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  return true;
}

function find(field) {
  const view = field.closest(".json");
  const body = view.querySelector(".json-body");
  const wanted = field.value.trim().toLowerCase();
  unmark(body);
  const spans = wanted ? [...body.querySelectorAll(".k, .s, .n, .l, .raw")] : [];
  const found = spans.filter((span) => mark(span, wanted)).length;
  view.querySelector("[data-json-found]").textContent = wanted ? `${found} found` : "";
  body.querySelector("mark")?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("input", (event) => event.target.matches("[data-json-find]") && find(event.target));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-json-fold]");
  if (!button) return;
  const open = button.dataset.jsonFold === "open";
  for (const fold of button.closest(".json").querySelectorAll(".json-body details")) fold.open = open;
});
