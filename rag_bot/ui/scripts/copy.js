// Small menus at a button: what is copied, and the programs that a note opens in. Of all that floats, one thing is open.
const TOLD_MS = 2500; // for which it is said that something was copied; set by hand

Object.assign(ragBot, {
  open: null, // what is open, as { menu, button }

  openMenu(menu, button) {
    ragBot.closeMenu();
    document.querySelector("#copied").hidePopover();
    ragBot.open = { menu, button };
    button.setAttribute("aria-expanded", "true");
    ragBot.placeAt(menu, button);
    menu.querySelector("[role=menuitem]:not([hidden])")?.focus();
  },

  closeMenu() {
    const { menu, button } = ragBot.open ?? {};
    ragBot.open = null;
    if (!menu) return;
    if (menu.contains(document.activeElement)) button.focus({ preventScroll: true });
    button.setAttribute("aria-expanded", "false");
    if (menu.isConnected) menu.hidePopover();
  },

  placeAt(floating, anchor) { // shows it below what it belongs to, or above where there is no room
    if (!floating.matches(":popover-open")) floating.showPopover();
    floating.style.left = 0; // where it is as wide as it wants to be
    const { left, top, bottom } = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = floating;
    floating.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    floating.style.top = `${bottom + height < innerHeight || top < height ? bottom : top - height}px`;
  },

  async copy(text, button) {
    const isDone = await ragBot.toClipboard(text);
    const told = document.querySelector("#copied");
    told.textContent = isDone ? "Copied" : "Your browser did not let this be copied.";
    ragBot.placeAt(told, button);
    ragBot.say(told.textContent);
    clearTimeout(ragBot.telling);
    ragBot.telling = setTimeout(() => told.hidePopover(), TOLD_MS);
  },

  async toClipboard(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { // it is not there where the page came by plain http from another machine
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const isDone = document.execCommand("copy");
      field.remove();
      return isDone;
    }
  },

  keyInMenu(event) {
    const { menu } = ragBot.open ?? {};
    if (!menu) return;
    const items = [...menu.querySelectorAll("[role=menuitem]:not([hidden])")];
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") {
      ragBot.closeMenu();
      if (event.key === "Tab") return;
    } else if (next !== undefined && items.length) items[(next + items.length) % items.length].focus();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation(); // it does nothing else
  },
});

Object.assign(ragBot.clicks, {
  copy(button) {
    const isOpen = ragBot.open?.button === button;
    ragBot.closeMenu();
    if (isOpen) return;
    const menu = document.querySelector("#copy-menu");
    menu.querySelectorAll("[data-copies]").forEach((item) => { item.hidden = !(item.dataset.copies in button.dataset); });
    ragBot.openMenu(menu, button);
  },

  copies(item) {
    const { button } = ragBot.open;
    const form = item.dataset.copies;
    const text = item.dataset[form] ?? (form === "link" ? ragBot.linkToNote() : button.dataset[form]);
    ragBot.closeMenu();
    ragBot.copy(text, button);
  },

  programs(button) { // asks the server, which knows where the note lies
    const isOpen = ragBot.open?.button === button;
    ragBot.closeMenu();
    if (isOpen) return;
    ragBot.offering = button;
    ragBot.report.offer({ note: button.dataset.programs, line: button.dataset.at });
  },

  program() { ragBot.closeMenu(); }, // the browser follows the link

  editor(item, report) {
    ragBot.closeMenu();
    report("edit", { note: item.dataset.editor });
  },
});

ragBot.connected["open-in"] = (element, report) => { ragBot.report.offer = (told) => report("offer", told); };

ragBot.shown["open-in"] = (element) => {
  const menu = element.querySelector(".menu");
  if (menu && ragBot.offering?.isConnected) ragBot.openMenu(menu, ragBot.offering);
};

document.addEventListener("keydown", ragBot.keyInMenu, true);
document.addEventListener("pointerdown", (event) => {
  const { menu, button } = ragBot.open ?? {};
  if (menu && !menu.contains(event.target) && !button.contains(event.target)) ragBot.closeMenu();
}, true);
addEventListener("scroll", () => ragBot.closeMenu(), true);
addEventListener("resize", () => ragBot.closeMenu());
