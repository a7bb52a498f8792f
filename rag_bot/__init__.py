"""rag-bot: a chatbot over a folder of notes that quotes them line by line."""
