"""Words: terms by language, sentences, function words, spelling. Imports nothing of the rest."""
