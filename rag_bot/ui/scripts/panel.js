// The panel: it shows the note that the address names, at its lines. Each entry of the browser's history that shows a
// note keeps in its state how many notes were shown right before it (`before`), and the address without any that the
// first of them was opened from (`from`).
const WITHOUT_NOTE = { note: "", lines: "", heading: "" };
Object.assign(ragBot, {
  furthest: 0, // how many notes lie before the last one that one can go forward to
  opener: null, // the link that opened the panel
  entersPanel: false, // whether what is shown next gets the focus
  keptTop: null, // how far down the note stays that is shown again at other lines

  trail(hash) { // the state of a new entry
    const before = history.state?.before ?? 0;
    if (!new URLSearchParams(hash).get("note")) {
      ragBot.furthest = before;
      return null;
    }
    const isFirst = !ragBot.address().get("note");
    ragBot.furthest = isFirst ? 0 : before + 1;
    return { before: ragBot.furthest, from: isFirst ? location.hash.slice(1) : history.state?.from };
  },

  showNote(address) {
    const [note, heading] = [address.get("note"), address.get("heading") ?? ""];
    const [start, end] = (address.get("lines") ?? "").split("-");
    const { activeElement } = document;
    if (note) {
      const loses = document.querySelector("#panel").contains(activeElement) && !activeElement.dataset.focus;
      if (loses) ragBot.entersPanel = true; // what has the focus now gives way to the note
      ragBot.report.open_note({ note, start, end: end ?? start, heading, picking: ragBot.picking() });
    } else {
      ragBot.returnFocus();
      ragBot.show("panel", "");
      ragBot.unmark();
    }
  },

  closePanel() { // by going back to where it was opened, so that going back once more leads on from there
    const { before, from } = history.state ?? {};
    if (from !== ragBot.changed(WITHOUT_NOTE)) {
      ragBot.goTo(WITHOUT_NOTE);
      return;
    }
    ragBot.at.note = "\n\n";
    ragBot.showNote(new URLSearchParams());
    history.go(-before - 1);
  },

  returnFocus() { // to where one was before the panel had it
    const { opener } = ragBot;
    const { activeElement } = document;
    if (activeElement !== document.body && !document.querySelector("#panel").contains(activeElement)) return;
    const links = [...document.querySelectorAll("#main [data-note]")]; // those of an answer may have been made anew
    const same = links.find(({ dataset }) => dataset.note === opener?.dataset.note && dataset.start === opener.dataset.start);
    const target = opener?.isConnected ? opener : same ?? document.querySelector("#question textarea");
    target?.focus();
  },

  figureOf(target) { // the quote that a citation in the text names, or what the link stands in
    const { cites } = target.dataset;
    const figure = cites && target.closest(".answer").querySelector(`.quote[data-number="${cites}"]`);
    return figure || target.closest(".quote") || target.closest("li");
  },

  unmark() {
    document.querySelectorAll(".opened").forEach((open) => open.classList.remove("opened"));
  },

  linkToNote() { // the address of the note and its lines alone
    const kept = Object.keys(WITHOUT_NOTE).map((name) => [name, ragBot.address().get(name)]).filter(([, value]) => value);
    return `${location.origin}${location.pathname}#${new URLSearchParams(kept).toString().replaceAll("%2F", "/")}`;
  },

  showGutter(line) { // the button with the line's number, beside it
    const note = line.closest(".note");
    const gutter = note.querySelector(".gutter");
    const { number } = gutter.dataset;
    gutter.hidden = false;
    gutter.style.top = `${line.getClientRects()[0].top - note.getBoundingClientRect().top + note.scrollTop}px`;
    if (number === line.dataset.line) return;
    gutter.dataset.number = gutter.textContent = line.dataset.line;
    gutter.setAttribute("aria-label", `Line ${line.dataset.line}: mark it in the address`);
  },

  keyInGutter(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const gutter = event.target.closest(".gutter");
    if (!gutter || !step) return;
    event.preventDefault();
    const lines = [...gutter.closest(".note").querySelectorAll("[data-line]")];
    const beyond = lines.filter(({ dataset }) => (Number(dataset.line) - Number(gutter.dataset.number)) * step > 0);
    const next = step > 0 ? beyond[0] : beyond[beyond.length - 1];
    if (!next) return;
    next.scrollIntoView({ block: "nearest" });
    ragBot.showGutter(next);
  },
});

Object.assign(ragBot.clicks, {
  note(target, report, event) {
    event.preventDefault();
    ragBot.unmark();
    ragBot.figureOf(target)?.classList.add("opened");
    if (!target.closest("#panel")) ragBot.opener = target;
    ragBot.entersPanel = !target.closest("#rows"); // in the list of notes one goes on to the next row
    const { note, start, end, heading = "" } = target.dataset;
    const lines = start ? (end && end !== start ? `${start}-${end}` : start) : "";
    const before = ragBot.at.note;
    ragBot.goTo({ note, lines, heading });
    if (before === ragBot.at.note) ragBot.showNote(ragBot.address()); // it shows the lines again
  },

  close() { ragBot.closePanel(); },

  step(target) { history.go(Number(target.dataset.step)); },

  links(gutter, report, event) { // the line stands in the address; with Shift, all from those that do
    const { number } = gutter.dataset;
    const [first, last = first] = (ragBot.address().get("lines") || number).split("-").map(Number);
    const [start, end] = event.shiftKey ? [Math.min(first, number), Math.max(last, number)] : [number, number];
    ragBot.keptTop = gutter.closest(".note").scrollTop;
    ragBot.goTo({ lines: `${start}` === `${end}` ? `${start}` : `${start}-${end}`, heading: "" }, true);
  },
});

ragBot.connected.panel = (element, report) => {
  ragBot.report.open_note = (told) => report("open_note", told);
  element.addEventListener("click", ragBot.chooseLine);
  element.addEventListener("input", (event) => {
    if (event.target.form?.dataset.pick !== undefined) ragBot.showPicked(event.target.form);
  });
  element.addEventListener("pointerover", (event) => {
    const line = event.target.closest("[data-line]");
    if (line) ragBot.showGutter(line);
  });
  element.addEventListener("keydown", ragBot.keyInGutter);
};

ragBot.shown.panel = (panel) => {
  const note = panel.querySelector(".note");
  if (!note) return;
  const { before = 0 } = history.state ?? {};
  const { activeElement } = document; // which loses the focus as soon as it is disabled and the page is laid out
  note.querySelector("[data-step='-1']").disabled = !before;
  note.querySelector("[data-step='1']").disabled = before >= ragBot.furthest;
  const cited = note.querySelector(".body .cited, .properties.cited");
  if (ragBot.keptTop !== null) note.scrollTop = ragBot.keptTop;
  else if (cited) cited.scrollIntoView({ block: "center" });
  else note.scrollTop = 0;
  ragBot.keptTop = null;
  const line = note.querySelector(".body .cited[data-line]") ?? note.querySelector(".body [data-line]");
  if (line) ragBot.showGutter(line);
  if (ragBot.entersPanel || activeElement.disabled) note.querySelector("#note-title").focus({ preventScroll: true });
  ragBot.entersPanel = false;
  document.querySelector(".quote.opened")?.scrollIntoView({ block: "nearest" }); // the panel makes the column narrower
};

ragBot.shown["note-news"] = (element) => { // the note that is open was changed: it is shown as it stands now
  const path = element.querySelector("[data-changed]")?.dataset.changed;
  const note = document.querySelector("#panel .note");
  if (!path || ragBot.address().get("note") !== path || note?.querySelector("form.pick")) return;
  ragBot.keptTop = note?.scrollTop ?? null;
  ragBot.showNote(ragBot.address());
};

document.addEventListener("keydown", (event) => {
  const empties = event.target.matches?.("input[type=search]") && event.target.value; // what Escape does there
  if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing && !empties && ragBot.at.note.trim()) ragBot.closePanel();
});
