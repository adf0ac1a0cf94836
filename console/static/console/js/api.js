// OPTIONS of the browsable API: browsers' forms can't send it, so its answer takes the place of the page's.
const answer = document.getElementById("answer");
const line = document.getElementById("request");

document.addEventListener("submit", async (event) => {
  const form = event.target.closest('form[data-method="OPTIONS"]');
  if (!form || !answer) return;
  event.preventDefault();
  const response = await fetch(form.action, { method: "OPTIONS", headers: { Accept: "application/json" } });
  answer.textContent = JSON.stringify(await response.json(), null, 2);
  line.textContent = `OPTIONS ${form.getAttribute("action")} → ${response.status}`;
  answer.focus();
});
