// SPDX-License-Identifier: EUPL-1.2
// Forms that follow along. Every page works without this file, with a click more.
//
// <form data-follows> holds one [data-parts], whose children are [data-part="unique name"]. When an answer has
// changed, the form is posted to its own address with action=follow, live=1 and touched=<names of what was
// answered>, without files; the answer is the page as it is now, and parts that differ are taken from it. So
// conditions and faults come from the one place that knows them. Buttons whose value begins with add: or remove:
// do the same with their own action.

const PATIENCE = 5000; // ms; a page that is not there by then is asked for as without a script
const LIVE = /^(add|remove):/;
const CONTROLS = "input, select, textarea";

function follow(form) {
  const touched = new Set();
  let turn = Promise.resolve(); // one exchange after the other: an old answer never overwrites a newer one
  let open = 0;
  let leaving = false;
  let news = null; // the first question that has come up since the page was last sent

  form.addEventListener("change", ({ target }) => {
    if (!target.name || target.type === "file") return;
    touched.add(target.name);
    exchange("follow").catch(() => {}); // what is wrong is said when the page is sent
  });

  form.addEventListener("submit", (event) => {
    const action = event.submitter?.value ?? "";
    if (leaving) return;
    if (LIVE.test(action) && !hasFiles(form)) {
      event.preventDefault();
      exchange(action).then(() => attend(form, action), () => leave(event.submitter));
    } else if (open) {
      // A question that comes up just now has to be seen before the page is left.
      event.preventDefault();
      news = null;
      turn.then(() => (news?.isConnected ? news.focus() : leave(event.submitter)));
    }
  });

  function leave(submitter) {
    leaving = true;
    form.requestSubmit(submitter?.isConnected ? submitter : undefined);
    leaving = false;
  }

  function exchange(action) {
    open += 1;
    form.setAttribute("aria-busy", "true");
    const mine = turn
      .then(() => ask(form, action, touched))
      .then((found) => (news = found ?? news))
      .finally(() => {
        open -= 1;
        if (!open) form.removeAttribute("aria-busy");
      });
    turn = mine.catch(() => {});
    return mine;
  }
}

/** Exchange the form for what it is with these answers. Returns the first control that has come up. */
async function ask(form, action, touched) {
  for (const control of form.querySelectorAll("[aria-invalid]")) touched.add(control.name);
  const sent = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name !== "action") sent.append(name, value);
  }
  sent.append("action", action);
  sent.append("live", "1");
  sent.append("touched", [...touched].join(" "));
  const before = new Map(values(form));
  const answer = await fetch(place(form), { method: "POST", body: sent, signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const same = [...page.querySelectorAll("form[data-follows]")].find((one) => place(one) === place(form));
  const wanted = same?.querySelector("[data-parts]");
  if (!wanted) throw new Error("another page");
  // What was typed while the answer was on its way is newer than what it says.
  const newer = new Map([...values(form)].filter(([name, value]) => before.get(name) !== value));
  form.enctype = same.enctype; // a question for a file may have come up
  const news = renew(form.querySelector("[data-parts]"), wanted, action === "follow" ? new Map(values(form)) : newer);
  const faults = page.getElementById("faults");
  const old = document.getElementById("faults");
  if (old && faults) old.replaceWith(document.importNode(faults, true));
  else old?.remove();
  const said = form.querySelector("[data-news]");
  if (said) said.textContent = action === "follow" && news ? said.dataset.news : "";
  form.querySelector("[data-kept]")?.removeAttribute("hidden");
  return news;
}

/** Where a form is posted to; its property `action` is the button of that name. */
function place(form) {
  return form.getAttribute("action");
}

function renew(parts, wanted, own) {
  const focused = document.activeElement?.id;
  const there = new Map([...parts.children].map((part) => [part.dataset.part, part]));
  const known = new Set([...parts.querySelectorAll(CONTROLS)].map((control) => control.id));
  let news = null;
  let last = null;
  for (const one of wanted.children) {
    let part = there.get(one.dataset.part);
    there.delete(one.dataset.part);
    if (!part || (!hasFiles(part) && !bare(part).isEqualNode(bare(one)))) {
      const fresh = document.importNode(one, true);
      if (part) part.replaceWith(fresh);
      else last ? last.after(fresh) : parts.prepend(fresh);
      part = fresh;
      for (const control of part.querySelectorAll(CONTROLS)) {
        put(control, own);
        if (control.type !== "hidden" && !known.has(control.id)) news ??= control;
      }
    }
    last = part;
  }
  for (const gone of there.values()) gone.remove();
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
  return news;
}

/** A part without what is answered in it: parts that differ in nothing else stay as they are. */
function bare(part) {
  const copy = part.cloneNode(true);
  for (const control of copy.querySelectorAll("input, option, textarea")) {
    control.removeAttribute("checked");
    control.removeAttribute("selected");
    if (control.matches("input:not([type=radio], [type=checkbox], [type=hidden])")) control.removeAttribute("value");
    if (control.matches("textarea")) control.textContent = "";
  }
  return copy;
}

function* values(form) {
  for (const control of form.querySelectorAll(CONTROLS)) {
    if (control.type === "hidden" || control.type === "file" || !control.name) continue;
    const ticked = control.type === "checkbox" || control.type === "radio";
    yield [ticked ? `${control.name}=${control.value}` : control.name, ticked ? control.checked : control.value];
  }
}

function put(control, own) {
  if (control.type === "hidden" || control.type === "file") return;
  const ticked = control.type === "checkbox" || control.type === "radio";
  const mine = own.get(ticked ? `${control.name}=${control.value}` : control.name);
  if (mine === undefined) return;
  if (ticked) control.checked = mine;
  else control.value = mine;
}

function hasFiles(within) {
  return [...within.querySelectorAll("input[type=file]")].some((control) => control.files.length > 0);
}

/** After a row was added its first question has the focus, after one was removed its group. */
function attend(form, action) {
  const [does, group] = action.split(":");
  const part = form.querySelector(`[data-part="f-${CSS.escape(group)}"]`);
  const rows = part?.querySelectorAll(`input[type=hidden][name^="${CSS.escape(group)}."]`) ?? [];
  const row = does === "add" ? rows[rows.length - 1]?.parentElement : null;
  (row?.querySelector("input:not([type=hidden]), select, textarea") ?? part?.querySelector("[tabindex]"))?.focus();
}

for (const form of document.querySelectorAll("form[data-follows]")) follow(form);
