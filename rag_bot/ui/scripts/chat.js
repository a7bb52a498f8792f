// The conversation: its questions, and what is done about them; the saved conversations.
Object.assign(ragBot, {
  current: undefined, // the key of the conversation that is open, once the server has said it

  wanted() { return ragBot.address().get("c") || ragBot.lastOpen(); }, // when the page is loaded

  lastOpen() {
    try { return localStorage.getItem("rag-bot-conversation") ?? ""; } catch { return ""; }
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
    const { key } = dialog.dataset;
    const action = button.dataset.manages;
    const title = dialog.querySelector("[name=title]").value.trim();
    const sure = dialog.querySelector(".sure");
    if (action === "ask" || action === "keep") {
      sure.hidden = action === "keep";
      if (action === "ask") sure.querySelector("[data-manages=keep]").focus();
      return;
    }
    if (action === "rename" && title) report("rename", { key, title });
    else if (action === "delete") report("delete", { key });
    dialog.close();
  },
});

Object.assign(ragBot.clicks, {
  ask(target, report) { report("ask", { question: target.dataset.ask }); },

  again(target, report) { report("ask_again", { exchange: ragBot.keyOf(target), mode: target.dataset.again }); },

  edits(target) { ragBot.edit(target.closest(".exchange"), target.dataset.edits === "open"); },

  chat(target, report, event) {
    event.preventDefault();
    const { chat } = target.dataset;
    const isSaved = Boolean(ragBot.current);
    ragBot.goTo({ c: chat, page: "", note: "", lines: "", heading: "" });
    if (!chat && !isSaved) ragBot.report.open_chat({ key: "" }); // what is shown then was saved nowhere
    document.querySelector("#question textarea")?.focus();
  },

  manage(target) { // opens what asks about a conversation
    const { manage, title } = target.dataset;
    const dialog = document.querySelector("#dialog dialog");
    dialog.dataset.key = manage;
    dialog.querySelector("[name=title]").value = title;
    dialog.querySelector("[data-export]").href = `conversations/${manage}.md`;
    dialog.querySelector(".sure").hidden = true;
    dialog.showModal();
  },

  manages(target, report) {
    if (target.type === "button") ragBot.managed(target, report);
  },
});

Object.assign(ragBot.submits, {
  edit(form, report) {
    const question = form.elements.question.value.trim();
    const exchange = form.closest(".exchange");
    if (!question) return;
    exchange.querySelector(".question").hidden = false;
    form.hidden = true;
    report("revise", { exchange: exchange.dataset.key, question });
  },

  manages(form, report) { ragBot.managed(form.querySelector("[data-manages=rename]"), report); },
});

ragBot.connected.conversation = (element) => element.addEventListener("keydown", ragBot.keyInEdit);

ragBot.shown.conversation = (element) => {
  const exchanges = element.querySelectorAll(".exchange");
  const last = exchanges[exchanges.length - 1];
  const behavior = ragBot.exchanges > exchanges.length - 2 ? "smooth" : "instant"; // a saved one opens where it ended
  if (last && ragBot.exchanges !== exchanges.length) last.scrollIntoView({ block: "start", behavior });
  ragBot.exchanges = exchanges.length;
};

ragBot.connected.chats = (element, report) => {
  ragBot.report.open_chat = (told) => report("open_chat", told);
  ragBot.arrive();
};

ragBot.shown.chats = ragBot.markCurrent;

ragBot.shown.current = (element) => { // the server says which conversation is open
  const key = element.querySelector("[data-current]")?.dataset.current ?? "";
  ragBot.current = key;
  try { localStorage.setItem("rag-bot-conversation", key); } catch { /* then only the address remembers it */ }
  if (key !== (ragBot.address().get("c") ?? "")) ragBot.goTo({ c: key }, true);
  ragBot.markCurrent();
};
