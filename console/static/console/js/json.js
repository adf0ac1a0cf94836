// The JSON view's search, and copying the path of a key.
const step = (li) => {
  const key = li.querySelector(":scope > .k");
  if (!key) return `[${[...li.parentElement.children].indexOf(li)}]`;
  const name = JSON.parse(key.textContent);
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${key.textContent}]`;
};

function pathOf(key) {
  let path = "";
  for (let li = key.closest("li"); li; li = li.parentElement.closest("li")) path = step(li) + path;
  return `$${path}`;
}

document.addEventListener("click", (event) => {
  const key = event.target.closest(".json-body .k");
  if (key) document.dispatchEvent(new CustomEvent("console:copy", { detail: pathOf(key) }));
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
