// Folders of notes: one is looked for and read; what becomes of lost notes is decided.
Object.assign(ragBot.clicks, {
  answer(target, report) {
    ragBot.disable(target);
    report("decide", { answer: target.dataset.answer, folder: target.dataset.folder });
  },

  browse(target, report) {
    report("browse", { folder: target.dataset.browse });
    target.blur(); // the element is used again for another folder; the focus goes to where one has come
  },

  reads(target, report) {
    const { reads, sure = "" } = target.dataset;
    report("read_folder", { folder: reads, sure });
  },
});

ragBot.submits.read = (form, report) => report("read_folder", { folder: form.elements.folder.value });

// A path can be dropped. Of a folder itself a browser tells its name alone.
Object.assign(ragBot, {
  shownPicker() { return [...document.querySelectorAll(".folder-picker")].find((picker) => picker.offsetParent); },

  dropped(event) {
    const picker = ragBot.shownPicker();
    if (!picker) return;
    event.preventDefault();
    const data = event.dataTransfer;
    const path = (data.getData("text/uri-list") || data.getData("text/plain")).split("\n")[0].trim();
    const field = picker.querySelector("[name=folder]");
    const name = data.files[0]?.name;
    const why = name ? `A browser tells the name “${name}” and not where it is. Type its path, or look for it below.` : "";
    if (path) field.value = path;
    picker.querySelector(".said").textContent = path ? "" : why;
    if (!path) ragBot.say(why);
    field.focus();
  },
});

ragBot.shown.welcome = (element) => { // above a conversation it is brought into sight, when it begins to ask for a folder
  const wantsFolder = Boolean(element.querySelector(".wants-folder"));
  if (wantsFolder && !ragBot.wantsFolder) document.querySelector("#scroll").scrollTop = 0;
  ragBot.wantsFolder = wantsFolder;
};

document.addEventListener("dragover", (event) => { if (ragBot.shownPicker()) event.preventDefault(); });
document.addEventListener("drop", (event) => ragBot.dropped(event));
