// The page of notes. What is looked for stands in the address: find the words, state and sort and view how the notes
// are listed, toggled the folders that are not folded or open as they are by themselves.
Object.assign(ragBot, {
  more: 0, // how often it was asked for more rows of what is listed

  listed() { // what is looked for, and how it is listed
    const address = ragBot.address();
    const [query, state, view, sort] = ["find", "state", "view", "sort"].map((name) => address.get(name) ?? "");
    const toggled = (address.get("toggled") ?? "").split("\n").filter(Boolean);
    return { query, state, view, sort, toggled, more: ragBot.more };
  },

  lookAtNotes() {
    const { query, state, view, sort } = ragBot.listed();
    const list = JSON.stringify([query, state, view, sort]);
    if (list !== ragBot.list) ragBot.more = 0;
    ragBot.list = list;
    const field = document.querySelector("#find input");
    if (document.activeElement !== field) field.value = query;
    ragBot.markOpenNote();
  },

  markOpenNote() { // whose text is beside the list; the list is narrower then, and the row may be elsewhere
    const open = ragBot.address().get("note") ?? "";
    document.querySelectorAll("#rows [data-note]").forEach((link) => {
      if (link.dataset.note !== open) link.removeAttribute("aria-current");
      else {
        link.setAttribute("aria-current", "true");
        if (open !== ragBot.markedNote) requestAnimationFrame(() => link.scrollIntoView({ block: "nearest" }));
        ragBot.markedNote = open;
      }
    });
    if (!open) ragBot.markedNote = "";
  },

  enterTreeAt(element, focused) { // Tab goes into the tree at one of its items: the last that had the focus, else the first
    const items = [...element.querySelectorAll("[role=treeitem]")];
    if (items.includes(focused)) ragBot.enteredAt = focused.dataset.focus;
    const entry = items.find((item) => item.dataset.focus === ragBot.enteredAt) ?? items[0];
    items.forEach((item) => { item.tabIndex = item === entry ? 0 : -1; });
  },

  keyInRows(event) { // up and down go from row to row, right and left open and fold a folder
    const row = event.target.closest("[data-note], [data-toggle]");
    if (!row || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const rows = [...event.currentTarget.querySelectorAll("[data-note], [data-toggle]")];
    const at = rows.indexOf(row);
    const isOpen = row.getAttribute("aria-expanded");
    const level = Number(row.ariaLevel ?? 0);
    const above = rows.slice(0, at).reverse().find((other) => Number(other.ariaLevel) < level);
    const goals = { ArrowDown: rows[at + 1], ArrowUp: rows[at - 1], Home: rows[0], End: rows[rows.length - 1] };
    if (level && event.key === "ArrowLeft" && isOpen !== "true") goals.ArrowLeft = above;
    if (level && event.key === "ArrowRight" && isOpen === "true") goals.ArrowRight = rows[at + 1];
    if (isOpen === (event.key === "ArrowRight" ? "false" : event.key === "ArrowLeft" ? "true" : "")) row.click();
    else if (!(event.key in goals)) return;
    event.preventDefault();
    goals[event.key]?.focus();
  },

  async upload(form, files, report) { // one after the other; each is told of
    const added = form.querySelector(".added");
    const folder = form.elements.folder.value;
    added.replaceChildren();
    let count = 0;
    for (const file of files) {
      const line = added.appendChild(document.createElement("li"));
      line.dir = "auto";
      line.textContent = `${file.name} …`;
      const isTooLarge = file.size > Number(form.dataset.largest);
      const told = isTooLarge ? { error: `${file.name} is too large.` } : await ragBot.sendFile(file, folder);
      count += told.path ? 1 : 0;
      line.textContent = told.path ? `Added ${told.path}` : told.error;
      line.classList.toggle("problem", !told.path);
    }
    form.elements.files.value = "";
    ragBot.say([...added.children].map(ragBot.wordsOf).join(". "));
    if (count) report("uploaded", {});
  },

  async sendFile(file, folder) {
    try {
      const answer = await fetch(`uploads?${new URLSearchParams({ folder, name: file.name })}`, { method: "POST", body: file });
      const text = await answer.text();
      return text.startsWith("{") ? JSON.parse(text) : { error: `${file.name}: ${text}` };
    } catch {
      return { error: `${file.name} could not be sent. Is the app still running?` };
    }
  },
});

Object.assign(ragBot.clicks, {
  look(target) { // changes how the notes are listed
    ragBot.goTo({ toggled: "", ...Object.fromEntries(new URLSearchParams(target.dataset.look)) });
  },

  toggle(target) {
    const toggled = new Set((ragBot.address().get("toggled") ?? "").split("\n").filter(Boolean));
    if (!toggled.delete(target.dataset.toggle)) toggled.add(target.dataset.toggle);
    ragBot.goTo({ toggled: [...toggled].join("\n") }, true);
  },

  more() {
    ragBot.more += 1;
    ragBot.arrive();
  },

  upkeep(target, report) {
    report("upkeep", { command: target.dataset.upkeep, folder: target.dataset.root ?? "" });
  },
});

ragBot.submits.find = () => ragBot.findNotes();

ragBot.findNotes = () => {
  ragBot.goTo({ find: document.querySelector("#find input").value, toggled: "" }, true);
};

ragBot.connected.find = (element) => {
  let waiting;
  element.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ragBot.findNotes, 150); // milliseconds, set by hand
  });
};

ragBot.connected.rows = (element) => {
  element.addEventListener("keydown", ragBot.keyInRows);
  element.addEventListener("focusin", (event) => ragBot.enterTreeAt(element, event.target));
};

ragBot.shown.rows = (element) => {
  ragBot.markOpenNote();
  ragBot.enterTreeAt(element, document.activeElement);
};

ragBot.connected.upkeep = (element, report) => {
  element.addEventListener("change", (event) => {
    if (event.target.dataset.keeps !== undefined) report("keep_in_sync", { on: event.target.checked });
  });
};

ragBot.connected.uploads = (element, report) => {
  const zone = (event) => event.target.closest(".zone");
  element.addEventListener("change", (event) => {
    if (event.target.type === "file") ragBot.upload(event.target.form, [...event.target.files], report);
  });
  ["dragenter", "dragover", "dragleave", "drop"].forEach((name) => element.addEventListener(name, (event) => {
    if (!zone(event)) return;
    event.preventDefault();
    zone(event).classList.toggle("over", name === "dragenter" || name === "dragover");
    if (name === "drop") ragBot.upload(zone(event).closest("form"), [...event.dataTransfer.files], report);
  }));
};
