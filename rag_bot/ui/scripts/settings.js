// The page of settings, and the choice of who answers.
Object.assign(ragBot, {
  typed: {}, // by form: what was typed and is not saved yet, and the mark of the settings that it was typed over

  pairs(form, button) { // what stands in a form, and the button that was pressed, as Gradio takes no other names
    const pairs = form ? [...new FormData(form).entries()] : [];
    return button?.name ? [...pairs, [button.name, button.value]] : pairs;
  },

  act(report, does, form, button) {
    const name = form?.dataset.form ?? "";
    const mark = ragBot.typed[name]?.mark ?? document.querySelector("#settings [data-mark]").dataset.mark;
    document.querySelector("#settings-outcome .outcome")?.remove(); // it was of what was done before
    ragBot.heard["settings-outcome"] = []; // what comes is new, in the same words too
    report("act", { does, form: name, mark, values: ragBot.pairs(form, button) });
  },

  keepTyped(event) {
    const { form } = event.target;
    if (form?.dataset.form === undefined || !event.target.name) return;
    const typed = ragBot.typed[form.dataset.form] ??= { mark: document.querySelector("#settings [data-mark]").dataset.mark, values: {} };
    typed.values[event.target.name] = event.target.value;
  },

  showTyped(page) {
    page.querySelectorAll("form[data-form]").forEach((form) => {
      Object.entries(ragBot.typed[form.dataset.form]?.values ?? {}).forEach(([name, value]) => {
        if (form.elements[name]) form.elements[name].value = value;
      });
      if (form.dataset.form === ragBot.askedForm) ragBot.askSure(form, true);
    });
  },

  showLooks(page) {
    Object.entries(ragBotLooks.chosen).forEach(([choice, value]) => {
      page.querySelectorAll(`input[name=${choice}]`).forEach((option) => { option.checked = option.value === value; });
    });
  },

  askSure(form, isAsked) { // shows or hides what is asked before something is changed
    const sure = form.querySelector(".sure");
    ragBot.askedForm = isAsked ? form.dataset.form : undefined;
    sure.hidden = !isAsked;
    form.querySelectorAll(":scope > .choices").forEach((choices) => { choices.hidden = isAsked; });
    sure.querySelectorAll("[data-of]").forEach((cost) => {
      const field = form.elements[cost.dataset.of];
      cost.hidden = field.value.trim() === field.defaultValue;
    });
  },
});

Object.assign(ragBot.clicks, {
  does(target, report) {
    if (target.closest(".sure")) ragBot.askSure(target.form, false);
    ragBot.act(report, target.dataset.does, target.form, target);
  },

  sure(target) {
    ragBot.askSure(target.form, true);
    target.form.querySelector("[data-unsure]").focus();
  },

  unsure(target) {
    ragBot.askSure(target.form, false);
    target.form.querySelector("[data-sure], [type=submit]").focus();
  },

  dismiss(target) { target.closest(".outcome").remove(); },

  consent(target, report) {
    ragBot.disable(target);
    report("consent", { agreed: target.dataset.consent === "yes" });
  },

  answers(target, report) { // who answers, above the question's field
    const menu = target.closest("details");
    ragBot.closeFold(menu);
    menu.querySelector("summary").focus();
    report("choose", { name: target.dataset.answers });
  },
});

ragBot.submits.saves = (form, report) => {
  const isChanged = [...form.elements].some((field) => field.defaultValue !== undefined && field.value.trim() !== field.defaultValue);
  if (form.querySelector(".sure") && isChanged) {
    ragBot.askSure(form, true);
    form.querySelector("[data-unsure]").focus();
  } else ragBot.act(report, form.dataset.saves, form);
};

ragBot.connected.settings = (element) => {
  element.addEventListener("input", ragBot.keepTyped);
  element.addEventListener("keydown", (event) => {
    const unsure = event.key === "Escape" && event.target.closest(".sure")?.querySelector("[data-unsure]");
    if (!unsure) return;
    event.stopPropagation();
    unsure.click();
  });
  element.addEventListener("change", (event) => {
    const { name, value } = event.target;
    if (event.target.type === "radio") ragBotLooks.choose(name, value);
  });
};

ragBot.shown.settings = (element) => {
  ragBot.showTyped(element);
  ragBot.showLooks(element);
  const asks = element.querySelector(".asks");
  if (asks && !ragBot.hasAsked) asks.scrollIntoView({ block: "nearest" });
  ragBot.hasAsked = Boolean(asks);
};

ragBot.shown["settings-outcome"] = (element) => {
  const told = element.querySelector("[data-form]");
  if (!told) return;
  const { form, done, mark } = told.dataset;
  if (mark) document.querySelector("#settings [data-mark]").dataset.mark = mark;
  if (done === "yes") delete ragBot.typed[form]; // what was typed is what stands there now
  else if (ragBot.typed[form]) delete ragBot.typed[form].mark; // to be saved over what is shown now
  if (told.dataset.empty !== undefined) {
    try { localStorage.removeItem("rag-bot-conversation"); } catch { /* it was not kept there */ }
    ragBot.goTo({ c: "" }, true);
  }
};

ragBot.connected["answers-by"] = (element, report) => {
  element.addEventListener("toggle", (event) => {
    if (event.target.open) report("look", {});
  }, true);
  document.addEventListener("click", (event) => {
    const menu = element.querySelector("details[open]");
    if (menu && !menu.contains(event.target)) ragBot.closeFold(menu);
  });
  element.addEventListener("focusout", (event) => { // to somewhere else; to nothing while it is made anew
    const menu = element.querySelector("details[open]");
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) ragBot.closeFold(menu);
  });
  element.addEventListener("keydown", (event) => {
    const menu = element.querySelector("details[open]");
    if (event.key !== "Escape" || !menu) return;
    event.stopPropagation();
    ragBot.closeFold(menu);
    menu.querySelector("summary").focus();
  });
};
