// What the page of evaluations asks.
Object.assign(ragBot.clicks, {
  run(target, report, event) {
    event.preventDefault();
    report("choose", { run: target.dataset.run });
  },

  stop(target, report) {
    target.disabled = true;
    report("stop", {});
  },
});

ragBot.disable = (target) => { // what was asked is answered once
  target.closest(".asks").querySelectorAll("button").forEach((button) => { button.disabled = true; });
};

ragBot.connected.runs = (element, report) => {
  element.addEventListener("change", (event) => {
    const run = event.target.dataset.compare;
    if (run !== undefined) report("compare", { run, ticked: event.target.checked });
  });
};

ragBot.shown.runs = (element) => {
  element.querySelectorAll("[data-compare]").forEach((tick) => { tick.checked = tick.defaultChecked; });
};
