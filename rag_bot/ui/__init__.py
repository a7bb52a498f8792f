"""The chat app: Gradio on a FastAPI app of our own. Nothing imports it but app.py and cli.py."""
