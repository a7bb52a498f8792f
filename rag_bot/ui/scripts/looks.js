// Colours and size of the text, as this browser keeps them. It stands at the very beginning of the body, so that nothing
// is painted before; the other scripts come with Gradio.
const ragBotLooks = window.ragBotLooks = {
  keys: { theme: "rag-bot-theme", size: "rag-bot-text-size" }, // by choice: where the browser keeps it
  chosen: {}, // by choice: "" is as the system has it

  read(choice) {
    try { return localStorage.getItem(ragBotLooks.keys[choice]) ?? ""; } catch { return ""; }
  },

  choose(choice, value) {
    ragBotLooks.chosen[choice] = value;
    try {
      if (value) localStorage.setItem(ragBotLooks.keys[choice], value);
      else localStorage.removeItem(ragBotLooks.keys[choice]);
    } catch { /* then it holds until the page is loaded again */ }
    ragBotLooks.apply();
  },

  apply() { // also after Gradio has put on its own idea of dark
    const { theme, size } = ragBotLooks.chosen;
    const isDark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.style.fontSize = { small: "87.5%", large: "118.75%" }[size] ?? "";
    document.documentElement.style.colorScheme = isDark ? "dark" : "light";
    if (document.body.classList.contains("dark") !== isDark) document.body.classList.toggle("dark", isDark);
  },

  begin() {
    Object.keys(ragBotLooks.keys).forEach((choice) => { ragBotLooks.chosen[choice] = ragBotLooks.read(choice); });
    const theme = new URLSearchParams(location.search).get("__theme"); // for this page alone
    if (theme === "dark" || theme === "light") ragBotLooks.chosen.theme = theme;
    ragBotLooks.apply();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ragBotLooks.apply);
    new MutationObserver(ragBotLooks.apply).observe(document.body, { attributeFilter: ["class"] });
  },
};
ragBotLooks.begin();
