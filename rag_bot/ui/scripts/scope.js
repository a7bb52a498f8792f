// The scope: which notes questions are asked of. It stands in the address; the server puts it into words for the chips
// over the question's field, and lists what the picker above them offers.
Object.assign(ragBot, {
  scopeNames: { folder: "in", tag: "tagged", since: "since", until: "until" }, // the fields of `Filters`, in the address

  scopeJson() {
    const address = ragBot.address();
    const scope = Object.entries(ragBot.scopeNames).map(([name, short]) => [name, address.get(short) ?? ""]);
    return JSON.stringify(Object.fromEntries(scope));
  },

  setScope(changes) { // by the names of `Filters`; "" takes one out
    const changed = Object.entries(changes).map(([name, value]) => [ragBot.scopeNames[name], value]);
    ragBot.goTo(Object.fromEntries(changed), true);
    ragBot.showScope();
  },

  showScope() {
    const scope = ragBot.scopeJson();
    if (scope !== ragBot.shownScope) ragBot.report.narrow(scope);
    ragBot.shownScope = scope;
    ragBot.pressChosen();
  },

  pressChosen() { // in the picker
    const scope = JSON.parse(ragBot.scopeJson());
    document.querySelectorAll("#picker [data-choose]").forEach((choice) => {
      choice.setAttribute("aria-pressed", scope[choice.dataset.choose] === choice.value);
    });
    document.querySelectorAll("#picker [data-since]").forEach((time) => {
      const { since, until } = time.dataset;
      time.setAttribute("aria-pressed", since === scope.since && until === scope.until);
    });
    document.querySelectorAll("#picker [data-day]").forEach((day) => { day.value = scope[day.dataset.day]; });
  },

  isPicking() { return document.querySelector("#field")?.classList.contains("picking"); },

  pick(opens, returns = true) { // opens or closes the picker; the focus goes there and back
    document.querySelector("#field").classList.toggle("picking", opens);
    const button = document.querySelector("#scope .narrow");
    button.setAttribute("aria-expanded", opens);
    if (opens) {
      ragBot.report.choose();
      document.querySelector("#picker [data-find]")?.focus();
    } else if (returns) button.focus();
  },

  find(field) { // leaves the folders and tags that have all words of it
    const words = field.value.toLowerCase().split(/\s+/);
    document.querySelectorAll("#picker [data-choose]").forEach((choice) => {
      const text = `${choice.value} ${choice.textContent}`.toLowerCase();
      choice.closest("li").hidden = !words.every((word) => text.includes(word));
    });
  },
});

Object.assign(ragBot.clicks, {
  narrow() { ragBot.pick(!ragBot.isPicking()); },

  narrowed() { ragBot.pick(false); },

  widen(target) {
    ragBot.focused = "narrow"; // for this chip will be gone
    ragBot.setScope(Object.fromEntries(target.dataset.widen.split(" ").map((name) => [name, ""])));
  },

  choose(target) { // what is chosen already is chosen no longer
    const isChosen = target.getAttribute("aria-pressed") === "true";
    ragBot.setScope({ [target.dataset.choose]: isChosen ? "" : target.value });
  },

  since(target) {
    const isChosen = target.getAttribute("aria-pressed") === "true";
    const { since, until } = target.dataset;
    ragBot.setScope(isChosen ? { since: "", until: "" } : { since, until });
  },
});

ragBot.connected.scope = (element, report) => {
  ragBot.report.narrow = (scope) => report("narrow", { scope });
  ragBot.shownScope = '{"folder":"","tag":"","since":"","until":""}'; // what the page begins with
  ragBot.showScope();
};

ragBot.shown.scope = (element) => {
  element.querySelector(".narrow").setAttribute("aria-expanded", Boolean(ragBot.isPicking()));
};

ragBot.connected.picker = (element, report) => {
  ragBot.report.choose = () => report("choose", {});
  element.addEventListener("input", (event) => {
    if (event.target.dataset.find !== undefined) ragBot.find(event.target);
  });
  element.addEventListener("change", (event) => {
    if (event.target.dataset.day) ragBot.setScope({ [event.target.dataset.day]: event.target.value });
  });
};

ragBot.shown.picker = (element) => {
  ragBot.pressChosen();
  if (ragBot.isPicking()) element.querySelector("[data-find]")?.focus();
};

addEventListener("popstate", () => { if (ragBot.report.narrow) ragBot.showScope(); });
document.addEventListener("click", (event) => {
  if (ragBot.isPicking() && event.target.isConnected && !event.target.closest("#scope, #picker")) ragBot.pick(false, false);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !ragBot.isPicking()) return;
  event.stopImmediatePropagation(); // it closes nothing else
  ragBot.pick(false);
});
