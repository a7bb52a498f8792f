// What the other pages ask: folders to read, models to agree to.
Object.assign(ragBot.clicks, {
  answer(target, report) {
    ragBot.disable(target);
    report("decide", { answer: target.dataset.answer, folder: target.dataset.folder });
  },

  consent(target, report) {
    ragBot.disable(target);
    report("consent", { agreed: target.dataset.consent === "yes" });
  },
});

ragBot.disable = (target) => { // what was asked is answered once
  target.closest(".asks").querySelectorAll("button").forEach((button) => { button.disabled = true; });
};

ragBot.submits.read = (form, report) => report("read_folder", { folder: form.elements.folder.value });
