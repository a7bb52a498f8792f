// The page of evaluations. Which run is shown, or which two are compared, stands in the address as run and with.
Object.assign(ragBot, {
  chosenRuns() { return ["run", "with"].map((name) => ragBot.address().get(name)).filter(Boolean); },

  chooseRuns([run, other]) { ragBot.goTo({ run, with: other }); },

  tick({ target }) { // two at most: the one that was ticked first gives way
    const name = target.dataset.compare;
    if (name === undefined) return;
    const ticks = [...target.closest("table").querySelectorAll("[data-compare]")];
    const shown = ticks.filter((tick) => tick.defaultChecked).map((tick) => tick.dataset.compare);
    const chosen = ragBot.chosenRuns().filter((run) => shown.includes(run));
    const others = (chosen.length ? chosen : shown).filter((run) => run !== name);
    ragBot.chooseRuns(target.checked ? [...others.slice(-1), name] : others);
  },
});

ragBot.submits.evaluate = (form, report) => {
  const { file, path, split } = form.elements;
  report("evaluate", { file: file?.value || path.value, split: split.value });
  ragBot.chooseRuns([]); // the new run is shown once it is there
};

ragBot.clicks.stop = (target, report) => {
  target.disabled = true;
  report("stop", {});
};

ragBot.clicks.run = (target, report, event) => {
  event.preventDefault();
  ragBot.chooseRuns([target.dataset.run]);
};

ragBot.connected.runs = (element) => element.addEventListener("change", ragBot.tick);

ragBot.shown.runs = (element) => { // ticks stand as the server has them
  element.querySelectorAll("[data-compare]").forEach((tick) => { tick.checked = tick.defaultChecked; });
};
