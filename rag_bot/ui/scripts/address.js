// Where one is stands in the address behind its #, so that going back, a bookmark and a reload bring it back:
// c the conversation, page what is shown in its place, note and its lines what the panel shows. Whatever goes
// somewhere changes the address, and `arrive` shows what it names.
Object.assign(ragBot, {
  pages: ["notes", "evaluation", "settings"],
  report: {}, // by name, what tells the server where one is: set once the parts are there
  at: { page: "", note: "\n\n" }, // what is shown

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
    const { open_page, open_chat, open_note } = ragBot.report;
    if (!open_page || !open_chat || !open_note) return; // the parts are not there yet
    const address = ragBot.address();
    ragBot.showPage(ragBot.pages.includes(address.get("page")) ? address.get("page") : "");
    const chat = address.get("c") ?? "";
    const isOther = ragBot.current !== undefined && chat !== ragBot.current;
    if (isOther && (chat || !ragBot.at.page)) open_chat({ key: chat });
    const note = ["note", "lines", "heading"].map((name) => address.get(name) ?? "").join("\n");
    if (note !== ragBot.at.note) ragBot.showNote(address);
    ragBot.at.note = note;
    ragBot.lookAtNotes(address);
  },

  showPage(page) {
    if (page === ragBot.at.page) return;
    ragBot.at.page = page;
    const app = document.querySelector("#app");
    app.dataset.shown = page;
    ragBot.openDrawer(false);
    ragBot.markPage();
    ragBot.report.open_page({ page });
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

ragBot.connected.pages = () => ragBot.markPage();

ragBot.connected.current = (element, report) => {
  ragBot.report.open_page = (told) => report("open_page", told);
  ragBot.report.refresh = () => report("refresh");
  ragBot.arrive();
};

addEventListener("popstate", () => ragBot.arrive());
