"""The rules by which lines do not support a sentence, each giving its reasons in words."""
