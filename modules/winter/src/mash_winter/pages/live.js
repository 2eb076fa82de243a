// SPDX-License-Identifier: EUPL-1.2
// Keeps [data-live] up to date: its page is fetched again every so many seconds, and what stands in it is put in its
// place. Without this file the page shows how it was when it was opened. [data-pause] stops and goes on.

const live = document.querySelector("[data-live]");
const button = document.querySelector("[data-pause]");
let paused = false;

button.hidden = false;
button.addEventListener("click", () => {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
});

setInterval(async () => {
  if (paused || document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    if (fresh) live.replaceChildren(...fresh.childNodes);
  } catch {
    // No network: what is shown has its time beside it.
  }
}, 1000 * Number(live.dataset.live));
