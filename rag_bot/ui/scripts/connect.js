// How a part of the page reports what happened in it. `page.py` puts these files together, this one first; each adds
// what its part of the page does.
const ragBot = window.ragBot = {
  clicks: {}, // by the name of a data attribute: what a click there does, as (target, report, event) => …
  submits: {}, // likewise of a form: (form, report) => …
  connected: {}, // by the id of a part: what is done once when it is there, as (element, report, props) => …
  shown: {}, // by the id of a part: what is done whenever its HTML was made anew, as (element) => …
  folds: {}, // what was opened stays open when its part of the page is made anew

  connect(element, props, watch, report) {
    const part = element.closest(".block").id; // the element has an id of Gradio's own
    ragBot.keepFolds(element);
    element.addEventListener("click", (event) => ragBot.click(event, report));
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = Object.keys(ragBot.submits).find((name) => event.target.dataset[name] !== undefined);
      if (name) ragBot.submits[name](event.target, report);
    });
    ragBot.connected[part]?.(element, report, props);
    watch("value", () => requestAnimationFrame(() => {
      ragBot.keepFolds(element);
      ragBot.keepFocus(element);
      ragBot.shown[part]?.(element);
      ragBot.tell(part, element);
    }));
  },

  click(event, report) {
    const fold = event.target.closest("summary")?.parentElement;
    if (fold?.dataset.keep) ragBot.folds[fold.dataset.keep] = !fold.open; // not at "toggle": Gradio's closing makes one too
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
