// The panel: it shows the note that the address names, at its lines.
Object.assign(ragBot, {
  showNote(address) {
    const [note, heading] = [address.get("note"), address.get("heading") ?? ""];
    const [start, end] = (address.get("lines") ?? "").split("-");
    if (note) ragBot.report.open_note({ note, start, end: end ?? start, heading, picking: ragBot.picking() });
    else {
      ragBot.emptyPanel();
      ragBot.unmark();
    }
  },

  closePanel() { ragBot.goTo({ note: "", lines: "", heading: "" }); },

  figureOf(target) { // the quote that a citation in the text names, or what the link stands in
    const { cites } = target.dataset;
    const figure = cites && target.closest(".answer").querySelector(`.quote[data-number="${cites}"]`);
    return figure || target.closest(".quote") || target.closest("li");
  },

  unmark() {
    document.querySelectorAll(".opened").forEach((open) => open.classList.remove("opened"));
  },
});

ragBot.clicks.note = (target, report, event) => {
  event.preventDefault();
  ragBot.unmark();
  ragBot.figureOf(target)?.classList.add("opened");
  const { note, start, end, heading = "" } = target.dataset;
  const lines = start ? (end && end !== start ? `${start}-${end}` : start) : "";
  const before = ragBot.at.note;
  ragBot.goTo({ note, lines, heading });
  if (before === ragBot.at.note) ragBot.showNote(ragBot.address()); // it shows the lines again
};

ragBot.clicks.close = () => ragBot.closePanel();

ragBot.connected.panel = (element, report, props) => {
  ragBot.emptyPanel = () => { props.value = ""; };
  ragBot.report.open_note = (told) => report("open_note", told);
  element.addEventListener("click", ragBot.chooseLine);
  element.addEventListener("input", (event) => {
    if (event.target.form?.dataset.pick !== undefined) ragBot.showPicked(event.target.form);
  });
  ragBot.arrive();
};

ragBot.shown.panel = (panel) => {
  const cited = panel.querySelector(".body .cited, .properties.cited");
  const scroller = panel.querySelector(".note");
  if (!scroller) return;
  if (cited) cited.scrollIntoView({ block: "center" });
  else scroller.scrollTop = 0;
  document.querySelector(".quote.opened")?.scrollIntoView({ block: "nearest" }); // the panel makes the column narrower
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && ragBot.at.note.trim()) ragBot.closePanel();
});
