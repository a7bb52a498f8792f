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
    ragBot.pressScope();
  },

  pressScope() { // in the picker
    const scope = JSON.parse(ragBot.scopeJson());
    document.querySelectorAll("#scope-picker [data-scoped]").forEach((choice) => {
      choice.setAttribute("aria-pressed", scope[choice.dataset.scoped] === choice.value);
    });
    document.querySelectorAll("#scope-picker [data-since]").forEach((time) => {
      const { since, until } = time.dataset;
      time.setAttribute("aria-pressed", since === scope.since && until === scope.until);
    });
    document.querySelectorAll("#scope-picker [data-day]").forEach((day) => { day.value = scope[day.dataset.day]; });
  },

  isScopeOpen() { return document.querySelector("#field")?.classList.contains("scoping"); },

  openScope(opens, returns = true) { // opens or closes the picker; the focus goes there and back
    document.querySelector("#field").classList.toggle("scoping", opens);
    const button = document.querySelector("#scope .narrow");
    button.setAttribute("aria-expanded", opens);
    if (opens) {
      ragBot.report.list_scope();
      document.querySelector("#scope-picker [data-find]")?.focus();
    } else if (returns) button.focus();
  },

  findScope(field) { // leaves the folders and tags that have all words of it
    const words = field.value.toLowerCase().split(/\s+/);
    document.querySelectorAll("#scope-picker [data-scoped]").forEach((choice) => {
      const text = `${choice.value} ${choice.textContent}`.toLowerCase();
      choice.closest("li").hidden = !words.every((word) => text.includes(word));
    });
  },
});

Object.assign(ragBot.clicks, {
  narrow() { ragBot.openScope(!ragBot.isScopeOpen()); },

  narrowed() { ragBot.openScope(false); },

  widen(target) {
    ragBot.focused = "narrow"; // for this chip will be gone
    ragBot.setScope(Object.fromEntries(target.dataset.widen.split(" ").map((name) => [name, ""])));
  },

  scoped(target) { // what is chosen already is chosen no longer
    const isChosen = target.getAttribute("aria-pressed") === "true";
    ragBot.setScope({ [target.dataset.scoped]: isChosen ? "" : target.value });
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
  element.querySelector(".narrow").setAttribute("aria-expanded", Boolean(ragBot.isScopeOpen()));
};

ragBot.connected["scope-picker"] = (element, report) => {
  ragBot.report.list_scope = () => report("choose", {});
  element.addEventListener("input", (event) => {
    if (event.target.dataset.find !== undefined) ragBot.findScope(event.target);
  });
  element.addEventListener("change", (event) => {
    if (event.target.dataset.day) ragBot.setScope({ [event.target.dataset.day]: event.target.value });
  });
};

ragBot.shown["scope-picker"] = (element) => {
  ragBot.pressScope();
  if (ragBot.isScopeOpen()) element.querySelector("[data-find]")?.focus();
};

addEventListener("popstate", () => ragBot.showScope());
document.addEventListener("click", (event) => {
  if (ragBot.isScopeOpen() && event.target.isConnected && !event.target.closest("#scope, #scope-picker")) ragBot.openScope(false, false);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !ragBot.isScopeOpen()) return;
  event.stopImmediatePropagation(); // it closes nothing else
  ragBot.openScope(false);
});
