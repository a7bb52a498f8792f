// What a screen reader is told: one place speaks, of what is new, so that nothing is read again because its part of the
// page was made anew. And what the page and its regions are called.
const LONGEST_READ_ALOUD = 200; // characters of a quote or a sentence; set by hand, some 15 seconds

Object.assign(ragBot, {
  heard: {}, // by the id of a part: what it last had to say
  says: {}, // by the id of a part: what is read aloud when its HTML was made anew, as (element) => words; else
  // notices and what has the attribute data-aloud, when it is new there, and bars that fill, at every quarter

  tell(part, element) {
    const words = ragBot.says[part] ? ragBot.says[part](element) : ragBot.news(part, element);
    if (words) ragBot.say(words);
    ragBot.nameDocument();
  },

  say(words) {
    const place = document.querySelector("#aloud");
    if (!place) return;
    place.textContent = "";
    setTimeout(() => { place.textContent = words; }, 100); // so that the same words are heard again; set by hand
  },

  news(part, element) {
    const texts = [...element.querySelectorAll("[data-aloud], .notice")].map(ragBot.wordsOf);
    const bars = Object.fromEntries([...element.querySelectorAll("progress")].map((bar) => {
      const quarter = bar.hasAttribute("value") ? Math.floor(4 * bar.position) : 0;
      const words = quarter ? `${bar.value.toLocaleString("en")} of ${bar.max.toLocaleString("en")}` : "started";
      return [bar.getAttribute("aria-label") ?? "Progress", { quarter, words }];
    }));
    const before = ragBot.heard[part] ?? { texts: [], bars: {} };
    ragBot.heard[part] = { texts, bars };
    const ended = Object.keys(before.bars).filter((name) => !bars[name]).map((name) => `${name}: ended`);
    const fresh = texts.filter((words) => words && !before.texts.includes(words));
    const further = Object.entries(bars).filter(([name, { quarter }]) => quarter !== before.bars[name]?.quarter)
      .map(([name, { words }]) => `${name}: ${words}`);
    return [...ended, ...fresh, ...further].join(". ");
  },

  wordsOf(element) { // without the numbers of citations
    const copy = element?.cloneNode(true);
    copy?.querySelectorAll(".cite, .number, .doubt, button").forEach((mark) => mark.remove());
    return copy?.textContent.replace(/\s+/g, " ").trim() ?? "";
  },

  shortened(words) {
    return words.length <= LONGEST_READ_ALOUD ? words : `${words.slice(0, LONGEST_READ_ALOUD).replace(/\s\S*$/, "")} …`;
  },

  answerInShort(answer) { // the verdict, and the first sentence or quote
    const parts = [".abstained", ".notice", ".verdict", ".written .sentence .words", "blockquote"];
    const [abstained, notice, verdict, sentence, quote] = parts.map((part) => ragBot.wordsOf(answer.querySelector(part)));
    const stated = sentence || quote;
    const from = sentence ? "" : ragBot.wordsOf(answer.querySelector(".quote .path, .quote .context"));
    const words = [abstained, notice, verdict, stated && ragBot.shortened(stated), from && `From ${from}`];
    return words.filter(Boolean).map((part) => part.replace(/\s*[.…]$/, "")).join(". ");
  },

  nameDocument() {
    const page = ragBot.wordsOf(document.querySelector("#pages [aria-current]"));
    const link = document.querySelector("#chats li a[aria-current]");
    const chat = link?.firstChild?.textContent || ragBot.wordsOf(document.querySelector("#conversation .question"));
    document.querySelector("#chat-title").textContent = chat || "Chat";
    document.title = [page || chat, "rag-bot"].filter(Boolean).join(" – ");
    document.querySelector("[data-skip]").textContent = page ? "Skip to the page" : "Skip to the question";
  },
});

ragBot.says.conversation = (element) => { // an answer, once it is whole; not those of a conversation that was opened
  const growing = element.querySelector(".exchange.growing");
  const begins = growing && !ragBot.growing;
  const before = ragBot.growing;
  ragBot.growing = growing?.dataset.key;
  if (begins) return ragBot.wordsOf(growing.querySelector("[data-aloud]")) || "Looking through your notes"; // whichever of its first words is shown first
  const whole = !growing && before && element.querySelector(`.exchange[data-key="${before}"] .answer`);
  return whole ? `Answer. ${ragBot.answerInShort(whole)}` : "";
};

ragBot.says.panel = (panel) => { // its title, unless the focus, which is heard, went there
  const note = panel.querySelector(".note");
  const title = ragBot.wordsOf(note?.querySelector("h2"));
  const stale = ragBot.wordsOf(panel.querySelector(".stale"));
  const isOther = title !== ragBot.heard.panel;
  const isNews = isOther || stale !== ragBot.heard.stale;
  [ragBot.heard.panel, ragBot.heard.stale] = [title, stale];
  return [isOther && !panel.contains(document.activeElement) && title && `Note: ${title}`, isNews && stale].filter(Boolean).join(". ");
};
