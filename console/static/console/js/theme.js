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
    root.dataset.theme = theme ?? "auto";
    for (const button of document.querySelectorAll("[data-theme-form] button")) {
      button.setAttribute("aria-pressed", String(button.value === root.dataset.theme));
    }
  };

  root.classList.replace("no-js", "js");
  // A person's own theme comes with the page. The browser keeps it for the pages that know no person.
  if (root.dataset.theme) keep("theme", root.dataset.theme);
  else show(read("theme"));
  if (read("nav") === "narrow") root.dataset.nav = "narrow";
  addEventListener("storage", (event) => event.key === "theme" && show(event.newValue));

  document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    if (!target.matches("[data-theme-form]")) return;
    if (detail.successful) {
      const { theme } = detail.requestConfig.parameters;
      keep("theme", theme);
      show(theme);
    } else {
      document.dispatchEvent(new CustomEvent("console:say", { detail: "The theme was not saved." }));
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-fold]")) {
      const narrow = root.dataset.nav !== "narrow";
      if (narrow) root.dataset.nav = "narrow";
      else delete root.dataset.nav;
      keep("nav", narrow ? "narrow" : "wide");
    }
  });
})();
