// What keys do wherever one is, the dialog that lists them, and the one that goes to what is typed.
const TYPED_INTO = "input, textarea, select, [contenteditable], [role=listbox], [role=menu], [role=tree], [role=grid]";
const IS_MAC = navigator.platform.startsWith("Mac");

Object.assign(ragBot, {
  keys: { // the characters, which do nothing while one types
    "/": () => ragBot.focusQuestion(),
    n: () => document.querySelector("#new-chat button")?.click(),
    j: () => ragBot.stepCitation(1),
    k: () => ragBot.stepCitation(-1),
    "?": () => ragBot.openDialog("keys"),
  },

  press(event) {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return; // 229: a key of an input method
    if (document.querySelector("dialog[open]")) return;
    const { key, target } = event;
    const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
    const isSwitch = (IS_MAC ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.altKey;
    let action;
    if (isSwitch && !event.shiftKey && key.toLowerCase() === "k") action = () => ragBot.openDialog("switcher");
    else if (hasModifier) return;
    else if (target.matches?.("#question textarea")) {
      if (key === "ArrowUp" && !target.value) action = ragBot.editLast();
    } else if (target.closest?.(TYPED_INTO)) return;
    else if (key in ragBot.keys) action = ragBot.usesSingleKeys() && ragBot.keys[key];
    else if (!event.shiftKey && ["ArrowLeft", "ArrowRight"].includes(key) && ragBot.isAmongCitations(target)) {
      action = () => ragBot.stepCitation(key === "ArrowRight" ? 1 : -1);
    }
    if (!action) return;
    event.preventDefault();
    action();
  },

  focusQuestion() {
    if (ragBot.at.page) ragBot.goTo({ page: "" });
    document.querySelector("#question textarea")?.focus();
  },

  editLast() { // undefined while there is nothing to edit
    const edits = document.querySelectorAll("#conversation [data-edits=open]");
    const last = [...edits].filter((button) => button.checkVisibility()).pop();
    return last && (() => last.click());
  },

  isAmongCitations(target) { // else the arrows move something else
    if (ragBot.at.page) return false;
    return target === document.body || Boolean(target.closest("#conversation, #panel"));
  },

  stepCitation(step) { // from the one that had the focus last
    if (ragBot.at.page) return;
    const answer = [...document.querySelectorAll("#conversation .exchange:not(.growing) .answer")].pop();
    const written = answer?.querySelector(".written a.cite") ? ".written " : "";
    const selector = written ? ".written a.cite" : "a.cite, a.number, details:not([open]) > summary:has(.cite)";
    const citations = [...answer?.querySelectorAll(selector) ?? []].filter((citation) => citation.checkVisibility());
    if (!citations.length) return;
    const focused = citations.indexOf(document.activeElement);
    const last = focused < 0 ? citations.indexOf(ragBot.citation) : focused;
    const next = last < 0 && step < 0 ? citations.length - 1 : last + step;
    ragBot.citation = citations[Math.max(0, Math.min(next, citations.length - 1))];
    ragBot.citation.focus();
  },

  usesSingleKeys() {
    try { return localStorage.getItem("rag-bot-single-keys") !== "off"; } catch { return true; }
  },

  openDialog(name) {
    const dialog = document.querySelector(`#keys dialog.${name}`);
    if (!dialog || document.querySelector("dialog[open]")) return;
    dialog.showModal();
    if (name !== "switcher") return;
    const input = dialog.querySelector("input");
    input.value = "";
    ragBot.goesWhenFound = ragBot.search.goesOn = false;
    ragBot.find(input);
  },

  search: { number: 0, words: "", goesOn: false }, // one at a time: what is typed meanwhile is looked for next

  find(input) {
    const { search } = ragBot;
    if (search.goesOn) return;
    ragBot.search = { number: search.number + 1, words: input.value, goesOn: true };
    ragBot.report.find({ words: input.value, number: ragBot.search.number });
  },

  choose(option) { // the one that Enter goes to
    const input = document.querySelector(".switcher input");
    document.querySelectorAll("#targets [role=option]").forEach((other) => other.setAttribute("aria-selected", other === option));
    if (!option) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  },

  keyInSwitcher(event) {
    if (event.isComposing) return;
    const options = [...document.querySelectorAll("#targets [role=option]")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (step && options.length) ragBot.choose(options[(at + step + options.length) % options.length]);
    else if (event.key === "Enter") {
      if (!ragBot.search.goesOn && ragBot.search.words === event.target.value) options[at]?.click();
      else ragBot.goesWhenFound = true; // Enter came before the answer
    } else if (!step) return;
    event.preventDefault();
  },
});

Object.assign(ragBot.clicks, {
  opens(target) { ragBot.openDialog(target.dataset.opens); },

  shuts(target) { target.closest("dialog").close(); },

  goes(target) {
    target.closest("dialog").close();
    const { page, c, note } = Object.fromEntries(new URLSearchParams(target.dataset.goes));
    ragBot.entersPanel = true;
    if (c) {
      location.hash = target.dataset.goes; // as its link in the list does: nothing of the conversation before is kept
      ragBot.focusQuestion();
      return;
    }
    const elsewhere = note ? {} : { page }; // a note opens beside what is shown
    ragBot.goTo({ ...elsewhere, note: note ?? "", lines: "", heading: "" });
    if (page) ragBot.focusPage();
  },

  skip(target, report, event) {
    event.preventDefault();
    if (ragBot.at.page) ragBot.focusPage();
    else ragBot.focusQuestion();
  },
});

ragBot.focusPage = (until = performance.now() + 5000) => { // its heading, once it is there; set by hand
  const heading = document.querySelector(`#${ragBot.at.page}-page h1`);
  if (heading?.checkVisibility()) {
    heading.setAttribute("tabindex", "-1");
    heading.focus();
  } else if (ragBot.at.page && performance.now() < until) requestAnimationFrame(() => ragBot.focusPage(until));
};

ragBot.connected.keys = (element, report) => {
  ragBot.report.find = (told) => report("find", told);
  if (IS_MAC) {
    element.querySelectorAll("kbd").forEach((key) => { if (key.textContent === "Ctrl") key.textContent = "⌘"; });
    document.querySelector("[data-opens=switcher]").title = "Go to (⌘ K)";
  }
  const single = element.querySelector("[data-single]");
  single.checked = ragBot.usesSingleKeys();
  single.addEventListener("change", () => {
    try { localStorage.setItem("rag-bot-single-keys", single.checked ? "on" : "off"); } catch { /* then until a reload */ }
  });
  const input = element.querySelector(".switcher input");
  input.addEventListener("input", () => ragBot.find(input));
  input.addEventListener("keydown", ragBot.keyInSwitcher);
  element.addEventListener("click", (event) => { if (event.target.matches("dialog")) event.target.close(); }); // beside it
  element.closest("#app").addEventListener("keydown", (event) => { // Escape in a dialog closes it and nothing below it
    if (event.key === "Escape" && event.target.closest("dialog[open]")) event.stopPropagation();
  });
};

ragBot.shown["targets-found"] = (element) => {
  const [list, input] = [document.querySelector("#targets"), document.querySelector(".switcher input")];
  list.innerHTML = element.innerHTML;
  const options = [...list.querySelectorAll("[role=option]")];
  options.forEach((option, number) => { option.id = `target-${number}`; });
  document.querySelector(".switcher .none").hidden = options.length > 0;
  ragBot.choose(options[0]);
  ragBot.search.goesOn = false;
  if (ragBot.search.words !== input.value) {
    ragBot.find(input);
    return;
  }
  if (ragBot.goesWhenFound) options[0]?.click();
  ragBot.goesWhenFound = false;
};

document.addEventListener("keydown", ragBot.press);
