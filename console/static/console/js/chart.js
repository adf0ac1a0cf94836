// A chart's columns say their figures: pointed at, touched (a second tap follows the link) or by arrow keys.
const COLUMN = ".chart-links > *";
let shown = null;

function words(column) {
  // Without this script the browser shows the title; with it nothing shall be shown twice.
  if (column.title) {
    column.ariaLabel = column.title;
    column.removeAttribute("title");
  }
  return column.ariaLabel;
}

function hide() {
  shown?.classList.remove("is-shown");
  document.querySelectorAll(".chart-tip").forEach((tip) => tip.remove());
  shown = null;
}

function show(column) {
  if (shown === column) return;
  hide();
  shown = column;
  column.classList.add("is-shown");
  const area = column.closest(".chart-area");
  const tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.ariaHidden = "true"; // the column has the same words as its name
  tip.textContent = words(column);
  area.append(tip);
  const middle = column.offsetLeft + column.offsetWidth / 2;
  tip.style.left = `${Math.max(0, Math.min(middle - tip.offsetWidth / 2, area.offsetWidth - tip.offsetWidth))}px`;
}

function move(column, key) {
  const all = [...column.parentElement.children];
  const to = { ArrowLeft: all.indexOf(column) - 1, ArrowRight: all.indexOf(column) + 1, Home: 0, End: all.length - 1 }[key];
  if (to === undefined || !all[to]) return false;
  column.tabIndex = -1;
  all[to].tabIndex = 0;
  all[to].focus();
  return true;
}

document.addEventListener("pointerover", (event) => {
  const column = event.target.closest?.(COLUMN);
  if (column && event.pointerType !== "touch") show(column);
  else if (!column && shown !== document.activeElement && event.pointerType !== "touch") hide();
});
document.addEventListener("focusin", (event) => (event.target.matches(COLUMN) ? show(event.target) : hide()));
document.addEventListener("focusout", (event) => event.target.matches(COLUMN) && hide());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hide();
  else if (event.target.matches?.(COLUMN) && move(event.target, event.key)) event.preventDefault();
});

let touched = null;
document.addEventListener("pointerdown", (event) => {
  const column = event.pointerType === "touch" ? event.target.closest?.(COLUMN) : null;
  touched = column && column !== shown ? column : null;
  if (event.pointerType === "touch" && !column) hide();
}, true);
document.addEventListener("click", (event) => {
  const column = event.target.closest?.(COLUMN);
  if (!column || column !== touched) return;
  event.preventDefault();
  show(column);
});

// A refresh replaces the chart: go on at the same column.
let place = null;
document.addEventListener("htmx:beforeSwap", () => {
  const column = document.activeElement?.matches(COLUMN) ? document.activeElement : null;
  place = column && [column.parentElement.ariaLabel, [...column.parentElement.children].indexOf(column)];
  hide();
});
document.addEventListener("htmx:afterSettle", () => {
  const group = place && [...document.querySelectorAll(".chart-links")].find((one) => one.ariaLabel === place[0]);
  group?.children[place[1]]?.focus();
  place = null;
});
