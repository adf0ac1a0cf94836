// Dispatches `live` on <body>: fragments refresh themselves by hx-trigger="live from:body".
const menu = document.querySelector("[data-live-menu]");
const label = menu?.querySelector("[data-live-text]");
const dim = "is-stale";
let every = 5;
let timer = 0;
let lastGood = new Date();
let staleSince = "";

const stored = () => {
  try {
    return localStorage.getItem("live");
  } catch {
    return null;
  }
};

const listeners = () => document.querySelectorAll('[hx-trigger*="live"], [data-hx-trigger*="live"]');
const words = (seconds) => (seconds >= 60 ? `${seconds / 60} min` : `${seconds} s`);

function draw() {
  if (!menu) return;
  menu.hidden = listeners().length === 0;
  const state = staleSince ? "stale" : every ? "live" : "paused";
  menu.dataset.liveState = state;
  label.textContent = staleSince ? `stale since ${staleSince}` : every ? `live · ${words(every)}` : "paused";
  for (const button of menu.querySelectorAll("[data-live-every]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.liveEvery) === every));
  }
}

// Somebody is choosing: what they look at must not be replaced.
const busy = 'dialog[open], [hx-trigger*="live"] details.menu[open]';

function tick() {
  if (document.hidden || document.querySelector(busy)) return;
  document.body.dispatchEvent(new CustomEvent("live"));
}

function set(seconds) {
  every = seconds;
  clearInterval(timer);
  if (every) timer = setInterval(tick, every * 1000);
  draw();
}

const isLive = (event) => event.detail.elt?.matches?.('[hx-trigger*="live"]');

// Nor by the answer to a refresh that began before they did.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (isLive(event) && document.querySelector(busy)) event.detail.shouldSwap = false;
});

function failed(event) {
  if (!isLive(event)) return;
  const panel = event.detail.elt;
  staleSince ||= lastGood.toTimeString().slice(0, 8);
  panel.classList.add(dim);
  if (!panel.querySelector(":scope > .as-of")) {
    const note = document.createElement(panel.tagName === "UL" ? "li" : "p");
    note.className = "as-of";
    note.textContent = `as of ${staleSince}, reconnecting`;
    panel.prepend(note);
  }
  draw();
}

function recovered(event) {
  if (!isLive(event) || !event.detail.successful) return;
  event.detail.elt.classList.remove(dim);
  event.detail.elt.querySelector(":scope > .as-of")?.remove();
  lastGood = new Date();
  settled();
}

// While htmx settles, a new element still wears the classes of the old one: look again afterwards.
function settled() {
  if (!document.querySelector(`.${dim}`)) staleSince = "";
  draw();
}

// What the person unfolded stays so, and where it was scrolled to.
let folds = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isLive(event)) return;
  folds = [...event.detail.elt.querySelectorAll("details[id][open]")].map((fold) => {
    return [fold.id, fold.querySelector(".list-wrap")?.scrollTop ?? 0];
  });
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [id, top] of folds) {
    const fold = document.getElementById(id);
    if (!fold) continue;
    fold.open = true;
    fold.querySelector(".list-wrap")?.scrollTo(0, top);
  }
  folds = [];
});

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, failed);
}
document.addEventListener("htmx:afterRequest", recovered);
document.addEventListener("htmx:afterSettle", settled);
document.addEventListener("visibilitychange", () => !document.hidden && every && tick());
document.addEventListener("console:live-toggle", () => choose(every ? 0 : 5));

function choose(seconds) {
  try {
    localStorage.setItem("live", String(seconds));
  } catch {
    // the choice lasts for this page
  }
  set(seconds);
}

menu?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-live-every]");
  if (!button) return;
  choose(Number(button.dataset.liveEvery));
  menu.open = false;
});

const kept = Number(stored() ?? 5);
set([0, 5, 15, 60, 300].includes(kept) ? kept : 5);
