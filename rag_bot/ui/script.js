// What Gradio's components do not do by themselves: clicks on citations, examples and answers, the panel, keys.
(() => {
if (window.ragBot) return; // Gradio may put the head in twice
const ragBot = window.ragBot = {
  connect(element, props, watch, report) {
    element.addEventListener("click", (event) => {
      const target = event.target.closest(ragBot.clickable);
      if (ragBot.choosesLine(event)) return;
      if (!target) return;
      if (target.dataset.note !== undefined) {
        event.preventDefault();
        ragBot.unmark();
        ragBot.figureOf(target)?.classList.add("opened");
        const { note, start, end, heading } = target.dataset;
        report("open_note", { note, start, end, heading, picking: ragBot.picking() });
      } else if (target.dataset.ask !== undefined) {
        report("ask", { question: target.dataset.ask });
      } else if (target.dataset.answer !== undefined) {
        target.closest(".asks").querySelectorAll("button").forEach((button) => { button.disabled = true; });
        report("decide", { answer: target.dataset.answer, folder: target.dataset.folder });
      } else if (target.dataset.run !== undefined) {
        event.preventDefault();
        report("choose", { run: target.dataset.run });
      } else if (target.dataset.stop !== undefined) {
        target.disabled = true;
        report("stop", {});
      } else if (target.dataset.again !== undefined) {
        report("ask_again", { exchange: ragBot.keyOf(target), mode: target.dataset.again });
      } else if (target.dataset.edits !== undefined) {
        ragBot.edit(target.closest(".exchange"), target.dataset.edits === "open");
      } else if (target.dataset.manage !== undefined) {
        ragBot.manage(target.dataset.manage, target.dataset.title);
      } else if (target.dataset.manages !== undefined) {
        if (target.type === "button") ragBot.managed(target, report);
      } else if (target.dataset.consent !== undefined) {
        target.closest(".asks").querySelectorAll("button").forEach((button) => { button.disabled = true; });
        report("consent", { agreed: target.dataset.consent === "yes" });
      } else if (target.dataset.vote !== undefined) {
        const block = target.closest("[data-exchange]");
        const action = target.getAttribute("aria-pressed") === "true" ? "back" : target.dataset.vote;
        const picked = [...block.querySelectorAll(".tick input:checked")].map((tick) => Number(tick.value));
        report("vote", { exchange: block.dataset.exchange, action, picked });
      } else {
        ragBot.closePanel();
      }
    });
    element.addEventListener("toggle", (event) => {
      if (event.target.dataset.keep) ragBot.folds[event.target.dataset.keep] = event.target.open;
    }, true);
    element.addEventListener("change", (event) => {
      const run = event.target.dataset.compare;
      if (run !== undefined) report("compare", { run, ticked: event.target.checked });
    });
    watch("value", () => requestAnimationFrame(() => {
      ragBot.keepFolds(element);
      ragBot.keepFocus(element);
      element.querySelectorAll("[data-compare]").forEach((tick) => { tick.checked = tick.defaultChecked; });
    }));
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      const form = event.target;
      if (form.dataset.edit !== undefined) return ragBot.revise(form, report);
      if (form.closest("dialog")) return ragBot.managed(form.querySelector("[data-manages=rename]"), report);
      if (form.dataset.pick === undefined) return report("read_folder", { folder: form.elements.folder.value });
      const lines = [form.elements.first, form.elements.last].map((field) => Number(field.value)).sort((a, b) => a - b);
      const note = form.closest(".note").dataset.path;
      report("vote", { exchange: form.dataset.pick, action: "lines", note, first: lines[0], last: lines[1] });
    });
    if (element.closest("#panel")) {
      ragBot.closePanel = () => { props.value = ""; ragBot.unmark(); };
      watch("value", () => requestAnimationFrame(() => ragBot.showCited(element)));
    }
    if (element.closest("#voted")) {
      watch("value", () => requestAnimationFrame(() => ragBot.showVotes(element)));
    }
    element.addEventListener("input", (event) => {
      if (event.target.form?.dataset.pick !== undefined) ragBot.showPicked(event.target.form);
    });
    if (element.closest("#conversation")) {
      watch("value", () => requestAnimationFrame(() => ragBot.showLast(element)));
      element.addEventListener("keydown", (event) => ragBot.keyInEdit(event));
    }
    if (element.closest("#chats")) {
      ragBot.openChat = (key) => report("open_chat", { key });
      watch("value", () => requestAnimationFrame(ragBot.markCurrent));
    }
    if (element.closest("#current")) {
      watch("value", () => requestAnimationFrame(() => ragBot.showCurrent(element)));
    }
  },

  clickable: ["note", "ask", "again", "edits", "answer", "close", "vote", "run", "stop", "manage", "manages", "consent"]
    .map((name) => `[data-${name}]`).join(),

  keyOf(target) { return target.closest(".exchange").dataset.key; },

  figureOf(target) { // the quote that a citation in the text names, or what the link stands in
    const { cites } = target.dataset;
    const figure = cites && target.closest(".answer").querySelector(`.quote[data-number="${cites}"]`);
    return figure || target.closest(".quote") || target.closest("li");
  },

  // Which conversation is open stands in the address, so that going back, a bookmark and a reload bring it back.
  openChat() {},

  inAddress() { return /^#c=([0-9a-f]+)$/.exec(location.hash)?.[1] ?? ""; },

  wanted() { return ragBot.inAddress() || ragBot.lastOpen(); },

  lastOpen() {
    try { return localStorage.getItem("rag-bot-conversation") ?? ""; } catch { return ""; }
  },

  newChat() {
    if (ragBot.inAddress()) history.pushState(null, "", location.pathname);
    return "";
  },

  showCurrent(element) {
    const key = element.querySelector("[data-current]")?.dataset.current ?? "";
    ragBot.current = key;
    try { localStorage.setItem("rag-bot-conversation", key); } catch { /* then only the address remembers it */ }
    if (key !== ragBot.inAddress()) history.replaceState(null, "", key ? `#c=${key}` : location.pathname);
    ragBot.markCurrent();
  },

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

  revise(form, report) {
    const question = form.elements.question.value.trim();
    const exchange = form.closest(".exchange");
    if (!question) return;
    exchange.querySelector(".question").hidden = false;
    form.hidden = true;
    report("revise", { exchange: exchange.dataset.key, question });
  },

  manage(key, title) { // opens what asks about a conversation
    const dialog = document.querySelector("#dialog dialog");
    dialog.dataset.key = key;
    dialog.querySelector("[name=title]").value = title;
    dialog.querySelector("[data-export]").href = `conversations/${key}.md`;
    dialog.querySelector(".sure").hidden = true;
    dialog.showModal();
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

  folds: {}, // what was opened stays open when its part of the page is made anew

  keepFolds(element) {
    element.querySelectorAll("details[data-keep]").forEach((fold) => {
      if (fold.dataset.keep in ragBot.folds) fold.open = ragBot.folds[fold.dataset.keep];
    });
  },

  keepFocus(element) { // what had the focus has it again when its part of the page is made anew
    if (!ragBot.focused || document.activeElement !== document.body) return;
    [...element.querySelectorAll("[data-focus]")].find((control) => control.dataset.focus === ragBot.focused)?.focus();
  },

  showPage(page) {
    const app = document.querySelector("#app");
    ["notes", "evaluation"].forEach((name) => app?.classList.toggle(`${name}-shown`, name === page));
    app?.classList.remove("menu-open");
    ragBot.closePanel();
  },

  closePanel() {},

  unmark() {
    document.querySelectorAll(".opened").forEach((open) => open.classList.remove("opened"));
  },

  // The thumbs below the answers: the server sends those of all answers, here they take the place of what is there.
  showVotes(voted) {
    voted.querySelectorAll("[data-exchange]").forEach((fresh) => {
      const shown = document.querySelector(`#conversation [data-exchange="${fresh.dataset.exchange}"]`);
      if (!shown || shown.innerHTML === fresh.innerHTML) return;
      const focused = shown.contains(document.activeElement);
      const pressed = focused ? document.activeElement.dataset.vote : "";
      shown.innerHTML = fresh.innerHTML;
      ragBot.tellPanel(fresh.dataset.exchange, shown);
      const picker = shown.querySelector(".picker");
      picker?.scrollIntoView({ block: "nearest" });
      if (!focused) return;
      const next = picker?.querySelector("input, a") ?? shown.querySelector(`[data-vote="${pressed}"]`);
      (next ?? shown.querySelector(".thumb"))?.focus({ preventScroll: true });
    });
  },

  tellPanel(exchange, shown) { // what came of the lines that were chosen there
    const form = document.querySelector(`#panel form.pick[data-pick="${exchange}"]`);
    if (!form) return;
    const message = shown.querySelector(".said")?.firstChild?.textContent ?? "";
    if (shown.querySelector(".picker")) {
      form.querySelector(".said").textContent = message;
      return;
    }
    document.querySelectorAll("#panel .picked").forEach((line) => line.classList.remove("picked"));
    const result = document.createElement("p");
    result.className = "pick";
    result.setAttribute("role", "status");
    result.textContent = message;
    if (message) form.replaceWith(result);
    else form.remove();
  },

  picking() { // the answer whose right lines are looked for
    return document.querySelector("#conversation .picker")?.closest("[data-exchange]").dataset.exchange;
  },

  choosesLine(event) { // the first click chooses one line, the next all lines up to another
    const form = event.target.closest(".note")?.querySelector("form.pick");
    const line = form && !event.target.closest("a, form") && event.target.closest("[data-line]");
    if (!line) return false;
    const { first, last } = form.elements;
    const number = Number(line.dataset.line);
    const chosen = first.value && first.value === last.value ? Number(first.value) : number;
    first.value = Math.min(chosen, number);
    last.value = Math.max(chosen, number);
    ragBot.showPicked(form);
    return true;
  },

  showPicked(form) {
    const ends = [form.elements.first, form.elements.last].map((field) => Number(field.value)).sort((a, b) => a - b);
    form.closest(".note").querySelectorAll("[data-line]").forEach((line) => {
      const number = Number(line.dataset.line);
      line.classList.toggle("picked", ends[0] <= number && number <= ends[1]);
    });
  },

  showCited(panel) {
    const cited = panel.querySelector(".body .cited, .properties.cited");
    const scroller = panel.querySelector(".note");
    if (!scroller) return;
    if (cited) cited.scrollIntoView({ block: "center" });
    else scroller.scrollTop = 0;
    document.querySelector(".quote.opened")?.scrollIntoView({ block: "nearest" }); // the panel makes the column narrower
  },

  showLast(conversation) {
    const exchanges = conversation.querySelectorAll(".exchange");
    const last = exchanges[exchanges.length - 1];
    const behavior = ragBot.shown > exchanges.length - 2 ? "smooth" : "instant"; // a saved one opens where it ended
    if (last && ragBot.shown !== exchanges.length) last.scrollIntoView({ block: "start", behavior });
    ragBot.shown = exchanges.length;
  },
};

addEventListener("hashchange", () => {
  if (ragBot.inAddress() !== ragBot.current) ragBot.openChat(ragBot.inAddress());
});
document.addEventListener("focusin", (event) => { ragBot.focused = event.target.closest("[data-focus]")?.dataset.focus; });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") ragBot.closePanel();
});
document.addEventListener("click", (event) => {
  const app = document.querySelector("#app");
  if (event.target.closest("[data-menu]")) app?.classList.toggle("menu-open");
  else if (!event.target.closest("#side")) app?.classList.remove("menu-open");
});
})();
