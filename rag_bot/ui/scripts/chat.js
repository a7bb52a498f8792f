// The conversation: its questions, and what is done about them; the saved conversations.
const TOAST_SECONDS = 12; // that an undo is offered to who does not reach for it; set by hand
const MOST_ROWS = 6; // of the question's field, where a browser does not size it by itself; as in chat.css
const UNDO_MARGIN_SECONDS = 5; // of those that it is possible, for the way to the server; set by hand

Object.assign(ragBot, {
  current: undefined, // the key of the conversation that is open, once the server has said it

  asked: {}, // by the number of a report: the question that stays in the field until there is an answer

  clearQuestion(number) { // what was typed meanwhile stays, for it is the next question
    const { question: field } = document.querySelector("#question").elements;
    if (field.value.startsWith(ragBot.asked[number])) field.value = field.value.slice(ragBot.asked[number].length);
    ragBot.keepDraft(field);
    delete ragBot.asked[number];
  },

  keepDraft(field) { // through a reload, and Gradio reloads the page when the app was started anew
    try { sessionStorage.setItem("rag-bot-draft", field.value); } catch { /* then it is lost */ }
  },

  draft() {
    try { return sessionStorage.getItem("rag-bot-draft") ?? ""; } catch { return ""; }
  },

  wanted() { return ragBot.address().get("c") || ragBot.lastOpen(); }, // when the page is loaded

  lastOpen() {
    try { return localStorage.getItem("rag-bot-conversation") ?? ""; } catch { return ""; }
  },

  leaveAsked() { // what was pressed is gone while the answer grows; without a key, nothing calls up a phone's keyboard
    if (ragBot.byKey) document.querySelector("#question textarea")?.focus({ preventScroll: true });
  },

  keyOf(target) { return target.closest(".exchange").dataset.key; },

  markCurrent() {
    document.querySelectorAll("#chats li a").forEach((link) => {
      if (link.hash === `#c=${ragBot.current}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  },

  edit(exchange, opens) {
    const form = exchange.querySelector("form.edit");
    form.elements.question.value = form.elements.question.defaultValue;
    form.hidden = !opens;
    exchange.querySelector(".question").hidden = opens;
    if (opens) {
      form.elements.question.focus();
      form.elements.question.select();
      form.scrollIntoView({ block: "nearest" });
    } else exchange.querySelector("[data-edits=open]")?.focus();
  },

  keyInEdit(event) {
    const form = event.target.closest("form.edit");
    if (!form) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      ragBot.edit(form.closest(".exchange"), false);
    }
  },

  managed(button, report) {
    const dialog = button.closest("dialog");
    const { key, pinned } = dialog.dataset;
    const action = button.dataset.manages;
    const title = dialog.querySelector("[name=title]").value.trim();
    if (action === "rename" && title) report("rename", { key, title });
    else if (action === "pin") report("pin", { key, pinned: pinned !== "true" });
    else if (action === "delete") report("delete", { key });
    dialog.close();
  },

  offerUndo(toast) { // until its time is over, and not from under the one who is about to take it
    const isHeld = toast.matches(":hover, :focus-within") && Date.now() < toast.dataset.until;
    if (isHeld) setTimeout(() => ragBot.offerUndo(toast), 1000);
    else ragBot.closeToast(toast);
  },

  closeToast(toast) {
    if (toast.contains(document.activeElement)) document.querySelector("#new-chat button")?.focus();
    toast.remove();
  },

  keepPlace(exchanges) { // of a question that another wording of it has been put in the place of
    const { key, top } = ragBot.keptPlace ?? {};
    const exchange = [...exchanges].find((one) => one.dataset.key === key);
    if (!exchange) return false;
    ragBot.keptPlace = undefined;
    ragBot.exchanges = exchanges.length;
    document.querySelector("#scroll").scrollTop += exchange.getBoundingClientRect().top - top;
    return true;
  },

  openDrawer(opens) { // of a narrow screen
    const app = document.querySelector("#app");
    if (!app || app.classList.contains("menu-open") === opens) return;
    app.classList.toggle("menu-open", opens);
    document.querySelector("#main").inert = opens;
    const button = document.querySelector("[data-menu]");
    button.setAttribute("aria-expanded", opens);
    if (opens) document.querySelector("#new-chat button")?.focus();
  },
});

Object.assign(ragBot.clicks, {
  ask(target, report) {
    report("ask", { question: target.dataset.ask, scope: ragBot.scopeJson() });
    ragBot.leaveAsked();
  },

  again(target, report) {
    report("ask_again", { exchange: ragBot.keyOf(target), mode: target.dataset.again });
    ragBot.leaveAsked();
  },

  everywhere(target, report) {
    const question = target.closest(".exchange").querySelector(".question").textContent;
    report("revise", { exchange: ragBot.keyOf(target), question, everywhere: true });
    ragBot.setScope({ folder: "", tag: "", since: "", until: "" }); // and so will be what is asked next
    ragBot.leaveAsked();
  },

  version(target, report) {
    const exchange = target.closest(".exchange");
    const { version } = target.dataset;
    if (!version) return; // there is none before the first, or after the last
    ragBot.keptPlace = { key: version, top: exchange.getBoundingClientRect().top };
    report("show_version", { exchange: version });
  },

  edits(target) { ragBot.edit(target.closest(".exchange"), target.dataset.edits === "open"); },

  chat(target, report, event) {
    event.preventDefault();
    const { chat } = target.dataset;
    const isSaved = Boolean(ragBot.current);
    ragBot.openDrawer(false);
    ragBot.goTo({ c: chat, page: "", note: "", lines: "", heading: "" });
    if (!chat && !isSaved) ragBot.report.open_chat({ key: "" }); // what is shown then was saved nowhere
    document.querySelector("#question textarea")?.focus();
  },

  manage(target) { // opens what asks about a conversation
    const { manage, title, pinned } = target.dataset;
    const dialog = document.querySelector("#dialog dialog");
    Object.assign(dialog.dataset, { key: manage, pinned });
    dialog.querySelector("[data-manages=pin]").textContent = pinned === "true" ? "Unpin" : "Pin";
    dialog.querySelector("[name=title]").value = title;
    dialog.querySelector("[data-export]").href = `conversations/${manage}.md`;
    dialog.showModal();
    dialog.addEventListener("close", () => { // the button may have been made anew meanwhile
      if (document.activeElement !== document.body) return;
      [...document.querySelectorAll("#chats [data-manage]")].find((button) => button.dataset.manage === manage)?.focus();
    }, { once: true });
  },

  manages(target, report) {
    if (target.type === "button") ragBot.managed(target, report);
  },

  stops(target, report) { report("stop"); },

  undo(target, report) {
    target.disabled = true;
    ragBot.focused = `chat ${target.dataset.undo}`; // which will be in the list again
    report("restore", { key: target.dataset.undo });
  },

  endtoast(target) { ragBot.closeToast(target.closest(".toast")); },
});

Object.assign(ragBot.submits, {
  question(form, report) {
    const field = form.elements.question;
    if (!field.value.trim()) field.value = "";
    else if (!ragBot.growing) report("ask", { question: field.value, scope: ragBot.scopeJson() });
  },

  edit(form, report) {
    const question = form.elements.question.value.trim();
    const exchange = form.closest(".exchange");
    if (!question) return;
    exchange.querySelector(".question").hidden = false;
    form.hidden = true;
    report("revise", { exchange: exchange.dataset.key, question });
    ragBot.leaveAsked();
  },

  manages(form, report) { ragBot.managed(form.querySelector("[data-manages=rename]"), report); },
});

ragBot.connected.conversation = (element) => element.addEventListener("keydown", ragBot.keyInEdit);

ragBot.shown.conversation = (element) => {
  const exchanges = element.querySelectorAll(".exchange");
  if (ragBot.keepPlace(exchanges)) return;
  const last = exchanges[exchanges.length - 1];
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const behavior = !isCalm && ragBot.exchanges > exchanges.length - 2 ? "smooth" : "instant"; // a saved one opens where it ended
  if (last && ragBot.exchanges !== exchanges.length) last.scrollIntoView({ block: "start", behavior });
  ragBot.exchanges = exchanges.length;
};

ragBot.connected.chats = (element, report) => { ragBot.report.open_chat = (told) => report("open_chat", told); };

ragBot.connected["chat-search"] = (element) => element.addEventListener("input", ragBot.report.refresh);

ragBot.connected.question = (form) => {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  const field = form.elements.question;
  field.value ||= ragBot.draft();
  field.addEventListener("input", () => ragBot.keepDraft(field));
  if (!CSS.supports("field-sizing", "content")) {
    field.addEventListener("input", () => { field.rows = Math.min(MOST_ROWS, field.value.split("\n").length); });
  }
};

ragBot.shown.chats = ragBot.markCurrent;

ragBot.shown.toast = (element) => {
  const toast = element.querySelector(".toast");
  if (!toast) return;
  toast.dataset.until = Date.now() + 1000 * (toast.dataset.seconds - UNDO_MARGIN_SECONDS);
  if (ragBot.byKey) toast.querySelector("[data-undo]").focus();
  setTimeout(() => ragBot.offerUndo(toast), 1000 * TOAST_SECONDS);
};

// Whether a key was pressed last, or else a pointer: only who uses keys is taken to what can be undone.
addEventListener("keydown", () => { ragBot.byKey = true; }, true);
addEventListener("pointerdown", () => { ragBot.byKey = false; }, true);

addEventListener("popstate", () => ragBot.openDrawer(false));
document.addEventListener("click", (event) => {
  const isOpen = document.querySelector("#app")?.classList.contains("menu-open");
  if (event.target.closest("[data-menu]")) ragBot.openDrawer(!isOpen);
  else if (isOpen && !event.target.closest("#side")) ragBot.openDrawer(false);
});
document.addEventListener("keydown", (event) => {
  const isOpen = document.querySelector("#app")?.classList.contains("menu-open");
  if (event.key !== "Escape" || !isOpen || document.querySelector("dialog[open]")) return;
  event.stopImmediatePropagation(); // it closes nothing else
  ragBot.openDrawer(false);
  document.querySelector("[data-menu]").focus();
});

ragBot.shown.current = (element) => { // the server says which conversation is open
  const key = element.querySelector("[data-current]")?.dataset.current ?? "";
  ragBot.current = key;
  try { localStorage.setItem("rag-bot-conversation", key); } catch { /* then only the address remembers it */ }
  if (key !== (ragBot.address().get("c") ?? "")) ragBot.goTo({ c: key }, true);
  ragBot.markCurrent();
};
