// [data-copy="text"] copies the text, [data-copy-from="#id"] what that element shows.
function say(text) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.textContent = text;
  document.getElementById("toasts")?.append(toast);
  setTimeout(() => toast.remove(), 2500);
}

async function write(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea"); // plain http inside a network: the old way
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("refused");
}

async function copy(text, button) {
  try {
    await write(text);
    button?.classList.add("copied");
    setTimeout(() => button?.classList.remove("copied"), 1500);
    say("Copied");
  } catch {
    say("The browser refused to copy. Select the text and copy it by hand.");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  event.preventDefault();
  const source = button.dataset.copyFrom;
  copy(source ? document.querySelector(source)?.textContent ?? "" : button.dataset.copy, button);
});

// Other modules ask by event: no module imports another, so that hashed file names need no rewriting.
document.addEventListener("console:copy", (event) => copy(event.detail, null));
document.addEventListener("console:say", (event) => say(event.detail));
