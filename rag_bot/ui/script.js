// What Gradio's components do not do by themselves: clicks on citations, examples and answers, the panel, keys.
(() => {
if (window.ragBot) return; // Gradio may put the head in twice
const ragBot = window.ragBot = {
  connect(element, props, watch, report) {
    element.addEventListener("click", (event) => {
      const target = event.target.closest("[data-note], [data-ask], [data-answer], [data-close]");
      if (!target) return;
      if (target.dataset.note !== undefined) {
        event.preventDefault();
        ragBot.unmark();
        target.closest(".quote, li")?.classList.add("opened");
        const { note, start, end, heading } = target.dataset;
        report.open({ note, start, end, heading });
      } else if (target.dataset.ask !== undefined) {
        report.ask({ question: target.dataset.ask });
      } else if (target.dataset.answer !== undefined) {
        target.closest(".asks").querySelectorAll("button").forEach((button) => { button.disabled = true; });
        report.decide({ answer: target.dataset.answer, folder: target.dataset.folder });
      } else {
        ragBot.closePanel();
      }
    });
    element.addEventListener("toggle", (event) => {
      if (event.target.dataset.keep) ragBot.folds[event.target.dataset.keep] = event.target.open;
    }, true);
    watch("value", () => requestAnimationFrame(() => ragBot.keepFolds(element)));
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      report.read({ folder: event.target.elements.folder.value });
    });
    if (element.closest("#panel")) {
      ragBot.closePanel = () => { props.value = ""; ragBot.unmark(); };
      watch("value", () => requestAnimationFrame(() => ragBot.showCited(element)));
    }
    if (element.closest("#conversation")) {
      watch("value", () => requestAnimationFrame(() => ragBot.showLast(element)));
    }
  },

  folds: {}, // what was opened stays open when its part of the page is made anew

  keepFolds(element) {
    element.querySelectorAll("details[data-keep]").forEach((fold) => {
      if (fold.dataset.keep in ragBot.folds) fold.open = ragBot.folds[fold.dataset.keep];
    });
  },

  showNotes(shown) {
    document.querySelector("#app")?.classList.toggle("notes-shown", shown);
    document.querySelector("#app")?.classList.remove("menu-open");
    ragBot.closePanel();
  },

  closePanel() {},

  unmark() {
    document.querySelectorAll(".opened").forEach((open) => open.classList.remove("opened"));
  },

  showCited(panel) {
    const cited = panel.querySelector(".body .cited, .properties.cited");
    const scroller = panel.querySelector(".note");
    if (!scroller) return;
    if (cited) cited.scrollIntoView({ block: "center" });
    else scroller.scrollTop = 0;
    document.querySelector(".quote.opened")?.scrollIntoView({ block: "nearest" }); // the panel makes the column narrower
  },

  showLast(conversation) {
    const exchanges = conversation.querySelectorAll(".exchange");
    const last = exchanges[exchanges.length - 1];
    if (last && ragBot.shown !== exchanges.length) last.scrollIntoView({ block: "start", behavior: "smooth" });
    ragBot.shown = exchanges.length;
  },
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") ragBot.closePanel();
});
document.addEventListener("click", (event) => {
  const app = document.querySelector("#app");
  if (event.target.closest("[data-menu]")) app?.classList.toggle("menu-open");
  else if (!event.target.closest("#side")) app?.classList.remove("menu-open");
});
})();
