// The words that a citation stands for, beside its number while that is pointed at or has the focus.
Object.assign(ragBot, {
  quoting: null, // the number whose words are shown

  showQuoted(cite) {
    if (cite === ragBot.quoting || ragBot.open) return;
    ragBot.hideQuoted();
    const box = document.querySelector("#quoted");
    box.querySelector("q").textContent = cite.dataset.quote;
    box.querySelector(".place").textContent = cite.dataset.located;
    cite.setAttribute("aria-describedby", "quoted");
    ragBot.quoting = cite;
    ragBot.placeAt(box, cite);
  },

  hideQuoted() {
    if (!ragBot.quoting) return;
    ragBot.quoting.removeAttribute("aria-describedby");
    ragBot.quoting = null;
    document.querySelector("#quoted").hidePopover();
  },
});

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return; // a tap opens the note
  const cite = event.target.closest?.(".cite");
  if (cite) ragBot.showQuoted(cite);
  else if (!event.target.closest?.("#quoted")) ragBot.hideQuoted(); // one can go over and mark its words
});
document.addEventListener("focusin", (event) => {
  const cite = event.target.closest?.(".cite:focus-visible");
  if (cite) ragBot.showQuoted(cite);
  else ragBot.hideQuoted();
});
document.addEventListener("click", () => ragBot.hideQuoted(), true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !ragBot.quoting) return;
  ragBot.hideQuoted();
  event.stopImmediatePropagation(); // what else it would close stays
}, true);
addEventListener("scroll", () => {
  if (ragBot.quoting) ragBot.placeAt(document.querySelector("#quoted"), ragBot.quoting);
}, true);
