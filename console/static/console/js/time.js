// <time data-time="ago|exact|clock|counting" datetime="…">: kept up to date, in the viewer's zone.
const units = [[86400, "d"], [3600, "h"], [60, "min"]];
const two = (n) => String(n).padStart(2, "0");

function ago(moment, now) {
  const seconds = (now - moment) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 1) return "just now";
  const [size, unit] = units.find(([size]) => distance >= size) ?? [1, "s"];
  const text = `${Math.floor(distance / size)} ${unit}`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

function duration(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const whole = Math.floor(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
  return `${Math.floor(whole / 86400)} d ${two(Math.floor((whole % 86400) / 3600))} h`;
}

// The person's own zone, else the browser's; also where the browser doesn't know the name.
function formatIn(timeZone) {
  const digits = { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const style = { ...digits, year: "numeric", hourCycle: "h23", fractionalSecondDigits: 3, timeZoneName: "short" };
  try {
    return new Intl.DateTimeFormat("en", { ...style, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en", style);
  }
}

const format = formatIn(document.documentElement.dataset.zone);

function parts(moment) {
  const of = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  const clock = `${of.hour}:${of.minute}:${of.second}.${of.fractionalSecond} ${of.timeZoneName}`;
  return { day: `${of.year}-${of.month}-${of.day}`, clock };
}

function place(element) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  const { day, clock } = parts(moment);
  element.title = `${day} ${clock}`;
  if (element.dataset.time === "exact") element.textContent = `${day} ${clock}`;
  if (element.dataset.time === "clock") element.textContent = clock;
}

function refresh(kind) {
  const now = Date.now();
  for (const element of document.querySelectorAll(`time[data-time="${kind}"]`)) {
    const moment = Date.parse(element.dateTime);
    if (Number.isNaN(moment)) continue;
    const text = kind === "ago" ? ago(moment, now) : duration(Math.max(0, (now - moment) / 1000));
    if (element.textContent !== text) element.textContent = text;
  }
}

// What the server draws (charts) is in the same zone from the next page on.
const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (name) document.cookie = `zone=${name}; path=/; max-age=31536000; samesite=lax`;

const all = (root) => root.querySelectorAll("time[data-time]").forEach(place);
all(document);
document.addEventListener("htmx:afterSettle", (event) => all(event.target.parentElement ?? document));
setInterval(() => document.hidden || refresh("counting"), 1000);
setInterval(() => document.hidden || refresh("ago"), 10000);
