// [data-stands="event,events"]: a list that grows at its top stands still under the reader. A refresh renews the
// rows that are there, and says how many came since: "↑ 3 new events".
const key = (row) => row.querySelector(".row-link")?.getAttribute("href");

function renew(row, fresh) {
  if (!fresh || fresh.outerHTML === row.outerHTML) return;
  const focused = row.contains(document.activeElement);
  row.replaceWith(fresh);
  if (focused) fresh.querySelector(".row-link").focus({ preventScroll: true });
}

function say(list, count) {
  const head = list.querySelector(".list-head") ?? list;
  const note = head.querySelector(":scope > .new-rows") ?? document.createElement("a");
  const [one, many] = list.dataset.stands.split(",");
  note.className = "push link new-rows";
  note.href = location.href;
  note.textContent = `↑ ${count} new ${count === 1 ? one : many}`;
  if (count && head === list) head.prepend(note);
  else if (count) head.append(note);
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const list = detail.elt;
  if (!detail.shouldSwap || !list.matches?.("[data-stands]")) return;
  const page = new DOMParser().parseFromString(detail.serverResponse, "text/html");
  const rows = [...list.querySelectorAll("tbody tr")];
  const fresh = new Map([...page.querySelectorAll("tbody tr")].map((row) => [key(row), row]));
  if (!rows.length || !fresh.size) return;
  detail.shouldSwap = false;
  const known = new Set(rows.map(key));
  const order = [...fresh.keys()];
  const last = Math.max(...order.map((one, place) => (known.has(one) ? place : -1)));
  const above = last < 0 ? order : order.slice(0, last);
  say(list, above.filter((one) => !known.has(one)).length);
  for (const row of rows) renew(row, fresh.get(key(row)));
  const count = list.querySelector(".list-head b");
  if (count) count.textContent = page.querySelector(".list-head b")?.textContent ?? count.textContent;
  list.dispatchEvent(new CustomEvent("htmx:afterSettle", { bubbles: true }));
});
