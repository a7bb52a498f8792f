"""`python -m rag_bot` is `rag-bot`."""

from rag_bot.cli import main

if __name__ == "__main__":
    main()
