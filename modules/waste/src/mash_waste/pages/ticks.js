// SPDX-License-Identifier: EUPL-1.2
// A tour is ticked off where there is no network, too. The page works without this file, but then only online.
//
// form[data-tick] is one bin. What is pressed is kept on the phone with its time, shown as kept, and sent as the
// form would be, again and again until the server says it has it. The same tick twice is one tick there.
// [data-waiting] says how many wait; [data-login] appears when somebody has to sign in again before they can go.

const AGAIN = 15000; // ms between two attempts
const root = document.querySelector("[data-ticks]");
const key = `ticks:${location.pathname}`;
let busy = false;

const kept = () => JSON.parse(localStorage.getItem(key) ?? "[]");
const keep = (ticks) => localStorage.setItem(key, JSON.stringify(ticks));
const form = (task) => [...root.querySelectorAll("form[data-tick]")].find((one) => one.elements.task.value === task);

function show() {
  const waiting = kept();
  for (const { task, at } of waiting) mark(task, `${clock(at)} Uhr, noch nicht gesendet`);
  const told = root.querySelector("[data-waiting]");
  told.textContent = waiting.length
    ? `${waiting.length} ${waiting.length === 1 ? "Häkchen wartet" : "Häkchen warten"} auf das Netz. Bitte die Seite offen lassen.`
    : "Alles ist gesendet.";
}

const clock = (at) => new Date(at).toLocaleTimeString("de-DE", { hour: "2-digit", minute: "2-digit" });

function mark(task, words) {
  const own = form(task);
  if (!own) return;
  own.hidden = true;
  const state = own.parentElement.querySelector("[data-state]");
  state.textContent = words;
}

async function send() {
  if (busy) return;
  busy = true;
  try {
    for (let next = kept()[0]; next; next = kept()[0]) {
      const own = form(next.task);
      const body = own ? new URLSearchParams(new FormData(own)) : null;
      if (body) {
        body.set("at", next.at);
        const answer = await fetch(own.action, { method: "POST", body, headers: { accept: "text/html" } });
        // Led to the login: nobody has it yet.
        const arrived = answer.ok && new URL(answer.url).pathname === location.pathname;
        root.querySelector("[data-login]").hidden = arrived || answer.status >= 500;
        if (!arrived) return;
        mark(next.task, `${clock(next.at)} Uhr`);
      }
      keep(kept().filter((one) => one.task !== next.task));
      show();
    }
  } catch {
    // No network: what is kept goes later.
  } finally {
    busy = false;
  }
}

root?.addEventListener("submit", (event) => {
  const own = event.target.closest("form[data-tick]");
  if (!own) return;
  const task = own.elements.task.value;
  try {
    keep([...kept().filter((one) => one.task !== task), { task, at: new Date().toISOString() }]);
  } catch {
    return; // nothing can be kept here: the form is sent as without a script
  }
  event.preventDefault();
  show();
  const following = [...root.querySelectorAll("form[data-tick]:not([hidden]) button")][0];
  following?.focus();
  send();
});

if (root) {
  addEventListener("online", send);
  setInterval(send, AGAIN);
  if (kept().length) show();
  send();
}
