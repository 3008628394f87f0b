// Buttons that copy what stands elsewhere on the page. Where the browser copies nothing there are none.

/** @param {HTMLElement} button with the id of what it copies */
function copies(button) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.copyOf ?? "");
    await navigator.clipboard.writeText(from instanceof HTMLTextAreaElement ? from.value : (from?.textContent ?? ""));
    const told = document.getElementById("copied");
    if (told) told.textContent = told.dataset.said ?? "";
  });
}

for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-copy-of]"))) copies(button);
