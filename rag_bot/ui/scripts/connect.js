// How what happens in a part of the page is reported, and how what comes back is shown. `page.py` puts these files
// together, this one first; each adds what its part of the page does. Gradio carries reports as soon as it is there.
const LOOK_MS = 1500; // between two looks at what has changed; set by hand
const LOST_MS = 30000; // after which a look that was not answered is one no more; set by hand
const SILENT_MS = 10000; // after which an unanswered look is told of; set by hand: a busy machine was seen to take five
const ASKS = ["ask", "ask_again", "revise"]; // what is reported so is answered bit by bit

const ragBot = window.ragBot = {
  clicks: {}, // by the name of a data attribute: what a click there does, as (target, report, event) => …
  submits: {}, // likewise of a form: (form, report) => …
  connected: {}, // by the id of a part: what is done once at the beginning, as (element, report) => …
  shown: {}, // by the id of a part: what is done whenever its HTML was made anew, as (element) => …
  folds: {}, // what was opened stays open when its part of the page is made anew
  html: {}, // by the id of a part: what it shows
  marks: {}, // by the id of a part: what the server knows that by
  newest: {}, // by the id of a part: the number of the report that it was shown after
  waiting: [], // reports that are not sent yet
  sent: 0, // reports; each has a number

  begin() { // the scripts are there, and the whole document
    const app = document.querySelector("#app");
    const reporter = (element) => ragBot.reporter(element.closest("[data-part]").id);
    ragBot.send("chats", "open_chat", { key: ragBot.wanted() });
    Object.entries(ragBot.connected).forEach(([part, connect]) => {
      const element = document.getElementById(part); // there are parts that settings leave out
      if (element) connect(element, ragBot.reporter(part));
    });
    app.addEventListener("click", (event) => ragBot.click(event, reporter(event.target)));
    app.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = Object.keys(ragBot.submits).find((name) => event.target.dataset[name] !== undefined);
      if (name) ragBot.submits[name](event.target, reporter(event.target));
    });
    ragBot.arrive();
  },

  connect(props, watch, trigger) { // Gradio is there
    document.querySelector("gradio-app main").setAttribute("role", "none"); // the page has its own
    watch("value", () => ragBot.take(JSON.parse(props.value)));
    ragBot.trigger = trigger;
    ragBot.carryWaiting();
    setInterval(ragBot.lookForNews, LOOK_MS);
  },

  reporter(part) { return (event, told = {}) => ragBot.send(part, event, told); },

  send(part, event, told = {}) {
    ragBot.waiting.push({ part, event, told });
    if (ragBot.trigger) ragBot.carryWaiting();
  },

  carryWaiting() { // the first one opens a conversation; the others are about that
    if (ragBot.isOpen) ragBot.waiting.splice(0).forEach(ragBot.carry);
    else if (!ragBot.sent) ragBot.carry(ragBot.waiting.shift());
  },

  carry({ part, event, told }) {
    const number = ragBot.sent += 1;
    if (part === "question" && event === "ask") ragBot.asked[number] = told.question;
    ragBot.trigger(ASKS.includes(event) ? "ask" : "report", { part, event, told, number, shows: ragBot.shows() });
    return number;
  },

  lookForNews() { // one look at a time
    ragBot.tellSilence(ragBot.looking && Date.now() > ragBot.looking.since + SILENT_MS);
    if (ragBot.looking && Date.now() < ragBot.looking.since + LOST_MS) return;
    ragBot.looking = { since: Date.now(), number: ragBot.carry({ part: "app", event: "refresh", told: {} }) };
  },

  tellSilence(isSilent) {
    const told = document.querySelector("#silent");
    if (isSilent && told.hidden) ragBot.say(told.textContent);
    told.hidden = !isSilent;
  },

  shows() { // what the server has to know to tell what is new
    const { marks } = ragBot;
    const search = document.querySelector("#chat-search input").value;
    const chat = ragBot.current; // for an app that has let go of this page meanwhile
    return { page: ragBot.at.page, chat, search, list: ragBot.listed(), runs: ragBot.chosenRuns(), marks };
  },

  take({ number, parts, marks }) { // what comes back, unless something newer has been there before it
    if (ragBot.looking?.number === number) ragBot.looking = null;
    ragBot.tellSilence(false);
    if (number in ragBot.asked) ragBot.clearQuestion(number);
    Object.entries(parts).forEach(([part, html]) => {
      if (number < ragBot.newest[part]) return;
      ragBot.newest[part] = number;
      ragBot.marks[part] = marks[part];
      ragBot.show(part, html);
    });
    if (ragBot.isOpen) return;
    ragBot.isOpen = true;
    ragBot.carryWaiting();
  },

  show(part, html) {
    const element = document.getElementById(part);
    if (html === ragBot.html[part]) return;
    ragBot.html[part] = html;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    ragBot.renew(element, fresh.content);
    ragBot.keepFolds(element);
    ragBot.keepFocus(element);
    ragBot.shown[part]?.(element);
    ragBot.tell(part, element);
  },

  renew(element, fresh) { // nodes that are of the same kind stay, and with them the focus, and what was typed and scrolled
    const before = [...element.childNodes];
    const after = [...fresh.childNodes];
    after.forEach((node, place) => {
      const shown = before[place];
      if (!shown) element.append(node);
      else if (shown.nodeName !== node.nodeName) shown.replaceWith(node);
      else if (shown.nodeType !== Node.ELEMENT_NODE) shown.data = node.data;
      else {
        ragBot.renewAttributes(shown, node);
        ragBot.renew(shown, node);
      }
    });
    before.slice(after.length).forEach((node) => node.remove());
  },

  renewAttributes(shown, fresh) {
    [...shown.attributes].forEach(({ name }) => { if (!fresh.hasAttribute(name)) shown.removeAttribute(name); });
    [...fresh.attributes].forEach(({ name, value }) => {
      if (shown.getAttribute(name) === value) return;
      shown.setAttribute(name, value);
      if (name === "value" && "value" in shown) shown.value = value; // also where something was typed
    });
  },

  click(event, report) {
    const fold = event.target.closest("summary")?.parentElement;
    if (fold?.dataset.keep) ragBot.folds[fold.dataset.keep] = !fold.open; // not at "toggle": to be made anew makes one too
    const names = Object.keys(ragBot.clicks);
    const target = event.target.closest(names.map((name) => `[data-${name}]`).join());
    if (target) ragBot.clicks[names.find((name) => target.dataset[name] !== undefined)](target, report, event);
  },

  disable(target) { // what was asked is answered once
    target.closest(".asks").querySelectorAll("button").forEach((button) => { button.disabled = true; });
  },

  keepFolds(element) {
    element.querySelectorAll("details[data-keep]").forEach((fold) => {
      if (fold.dataset.keep in ragBot.folds) fold.open = ragBot.folds[fold.dataset.keep];
      else if (fold.open) ragBot.folds[fold.dataset.keep] = true;
    });
  },

  closeFold(fold) {
    fold.open = false;
    ragBot.folds[fold.dataset.keep] = false;
  },

  focusName(control) { return control.closest("[data-focus]")?.dataset.focus ?? control.id; },

  keepFocus(element) { // what had the focus has it again when its part of the page is made anew
    if (!ragBot.focused || document.activeElement !== document.body) return;
    [...element.querySelectorAll("[data-focus], [id]")].find((control) => ragBot.focusName(control) === ragBot.focused)?.focus();
  },
};

// A press on what is made anew before it is let go, of which a browser makes no click, goes to what has come into its place.
addEventListener("pointerdown", (event) => { ragBot.pressed = event.target.closest?.("[data-focus]"); }, true);
addEventListener("pointerup", (event) => {
  const { pressed } = ragBot;
  ragBot.pressed = null;
  if (!pressed || pressed.isConnected) return;
  const control = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-focus]");
  if (control?.dataset.focus === pressed.dataset.focus) {
    control.focus();
    control.click();
  }
}, true);
addEventListener("focusin", (event) => { ragBot.focused = ragBot.focusName(event.target); });
