// The thumbs below the answers, and the lines that are chosen in the panel as the right ones.
Object.assign(ragBot, {
  tellPanel(exchange, shown) { // what came of the lines that were chosen there
    const form = document.querySelector(`#panel form.pick[data-pick="${exchange}"]`);
    if (!form) return;
    const message = shown.querySelector(".said")?.firstChild?.textContent ?? "";
    if (shown.querySelector(".picker")) {
      form.querySelector(".said").textContent = message;
      return;
    }
    document.querySelectorAll("#panel .picked").forEach((line) => line.classList.remove("picked"));
    const result = document.createElement("p");
    result.className = "pick";
    result.textContent = message;
    if (message) form.replaceWith(result);
    else form.remove();
  },

  picking() { // the answer whose right lines are looked for
    return document.querySelector("#conversation .picker")?.closest("[data-exchange]").dataset.exchange;
  },

  chooseLine(event) { // the first click chooses one line, the next all lines up to another
    const form = event.target.closest(".note")?.querySelector("form.pick");
    const line = form && !event.target.closest("a, form") && event.target.closest("[data-line]");
    if (!line) return;
    const { first, last } = form.elements;
    const number = Number(line.dataset.line);
    const chosen = first.value && first.value === last.value ? Number(first.value) : number;
    first.value = Math.min(chosen, number);
    last.value = Math.max(chosen, number);
    ragBot.showPicked(form);
  },

  pickedLines(form) {
    return [form.elements.first, form.elements.last].map((field) => Number(field.value)).sort((a, b) => a - b);
  },

  showPicked(form) {
    const [first, last] = ragBot.pickedLines(form);
    form.closest(".note").querySelectorAll("[data-line]").forEach((line) => {
      const number = Number(line.dataset.line);
      line.classList.toggle("picked", first <= number && number <= last);
    });
  },
});

ragBot.clicks.vote = (target, report) => {
  const block = target.closest("[data-exchange]");
  const isThumb = target.classList.contains("thumb");
  const action = isThumb && target.getAttribute("aria-pressed") === "true" ? "back" : target.dataset.vote;
  const ticked = [...block.querySelectorAll(".tick input:checked")].map((tick) => Number(tick.value));
  const picked = target.dataset.lineNumber ? [Number(target.dataset.lineNumber)] : ticked;
  report("vote", { exchange: block.dataset.exchange, action, picked });
};

ragBot.submits.pick = (form, report) => {
  const [first, last] = ragBot.pickedLines(form);
  const note = form.closest(".note").dataset.path;
  report("vote", { exchange: form.dataset.pick, action: "lines", note, first, last });
};

ragBot.says.voted = () => ""; // only what is new below one of the answers is read aloud

ragBot.shown.voted = (voted) => { // the server sends those of all answers, here they take the place of what is there
  voted.querySelectorAll("[data-exchange]").forEach((fresh) => {
    const shown = document.querySelector(`#conversation [data-exchange="${fresh.dataset.exchange}"]`);
    if (!shown || shown.innerHTML === fresh.innerHTML) return;
    const focused = shown.contains(document.activeElement);
    const { vote = "", lineNumber } = focused ? document.activeElement.dataset : {};
    const line = lineNumber === undefined ? "" : `[data-line-number="${lineNumber}"]`;
    shown.innerHTML = fresh.innerHTML;
    ragBot.say(ragBot.wordsOf(shown.querySelector(".said")));
    ragBot.tellPanel(fresh.dataset.exchange, shown);
    const picker = shown.querySelector(".picker");
    picker?.scrollIntoView({ block: "nearest" });
    if (!focused) return;
    const next = picker?.querySelector("input, a") ?? shown.querySelector(`[data-vote="${vote}"]${line}`);
    (next ?? shown.querySelector(".thumb"))?.focus({ preventScroll: true });
  });
};
