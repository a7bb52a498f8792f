// Where one is stands in the address behind its #, so that going back, a bookmark and a reload bring it back:
// c the conversation, page what is shown in its place, note and its lines what the panel shows. Whatever goes
// somewhere changes the address, and `arrive` shows what it names.
Object.assign(ragBot, {
  pages: ["notes", "evaluation", "settings"],
  report: {}, // by name, what tells the server where one is
  at: { page: "", note: "\n\n", looked: "" }, // what is shown, and what was looked for

  address() { return new URLSearchParams(location.hash.slice(1)); },

  changed(changes) { // the hash of the address with other values of the named parts; "" takes one out
    const address = ragBot.address();
    Object.entries(changes).forEach(([name, value]) => (value ? address.set(name, value) : address.delete(name)));
    return address.toString().replaceAll("%2F", "/");
  },

  goTo(changes, replaces = false) {
    const hash = ragBot.changed(changes);
    if (hash !== location.hash.slice(1)) {
      const state = replaces ? history.state : ragBot.trail(hash);
      history[replaces ? "replaceState" : "pushState"](state, "", hash ? `#${hash}` : location.pathname);
    }
    ragBot.arrive();
  },

  arrive() {
    const address = ragBot.address();
    const page = ragBot.pages.includes(address.get("page")) ? address.get("page") : "";
    const isOtherPage = page !== ragBot.at.page;
    if (isOtherPage) ragBot.showPage(page);
    const chat = address.get("c") ?? "";
    const isOther = ragBot.current !== undefined && chat !== ragBot.current;
    if (isOther && (chat || !ragBot.at.page)) ragBot.report.open_chat({ key: chat });
    const note = ["note", "lines", "heading"].map((name) => address.get(name) ?? "").join("\n");
    if (note !== ragBot.at.note) ragBot.showNote(address);
    ragBot.at.note = note;
    if (page === "notes") ragBot.lookAtNotes();
    const looked = JSON.stringify([ragBot.listed(), ragBot.chosenRuns()]);
    if (isOtherPage && page) ragBot.report.open_page();
    else if (page && looked !== ragBot.at.looked) ragBot.report.refresh();
    ragBot.at.looked = looked;
  },

  showPage(page) {
    ragBot.at.page = page;
    document.querySelector("#app").dataset.shown = page;
    ragBot.openDrawer(false);
    ragBot.markPage();
  },

  markPage() {
    document.querySelectorAll("#pages a").forEach((link) => {
      if (ragBot.at.page && link.dataset.page === ragBot.at.page) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
    ragBot.nameDocument();
  },
});

ragBot.clicks.page = (target, report, event) => { // a link to a page keeps the conversation in the address
  event.preventDefault();
  ragBot.goTo({ page: target.dataset.page, note: "", lines: "", heading: "" });
};

ragBot.report.open_page = () => ragBot.send("app", "open_page");
ragBot.report.refresh = () => ragBot.send("app", "refresh");

addEventListener("popstate", () => ragBot.arrive());
