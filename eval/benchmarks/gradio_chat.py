"""The smallest chat that Gradio makes, which `app_speed` sets beside the app: a Chatbot and a Textbox."""

from __future__ import annotations

import sys

import gradio as gr


def answer(question: str, history: list[dict[str, str]]) -> tuple[str, list[dict[str, str]]]:
    """Says the question again."""
    said = ({"role": role, "content": question} for role in ("user", "assistant"))
    return "", [*history, *said]


def main() -> None:
    with gr.Blocks(analytics_enabled=False) as chat:
        talk = gr.Chatbot()
        question = gr.Textbox()
        question.submit(answer, [question, talk], [question, talk])
    chat.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True, ssr_mode=False)


if __name__ == "__main__":
    main()
