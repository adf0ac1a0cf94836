// Runs before anything is drawn, so that neither theme nor folded navigation flashes. Not a module: modules wait.
(() => {
  const root = document.documentElement;
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage forbidden: the choice lasts for this page
    }
  };
  const keep = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // see above
    }
  };

  const show = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-theme-set]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeSet === (root.dataset.theme ?? "auto")));
    }
  };

  root.classList.replace("no-js", "js");
  show(read("theme"));
  if (read("nav") === "narrow") root.dataset.nav = "narrow";
  document.addEventListener("DOMContentLoaded", () => show(read("theme")));
  addEventListener("storage", (event) => event.key === "theme" && show(event.newValue));

  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-theme-set]");
    if (choice) {
      keep("theme", choice.dataset.themeSet);
      show(choice.dataset.themeSet);
    }
    if (event.target.closest("[data-fold]")) {
      const narrow = root.dataset.nav !== "narrow";
      if (narrow) root.dataset.nav = "narrow";
      else delete root.dataset.nav;
      keep("nav", narrow ? "narrow" : "wide");
    }
  });
})();
