"""Conversations and their answers: the user's own, in a database that no rebuild or repair of the index touches."""

from rag_bot.conversations.database import Conversations
from rag_bot.conversations.exchange import Conversation, SavedExchange, local_now

__all__ = ["Conversation", "Conversations", "SavedExchange", "local_now"]
