"""Questions about the notes as a whole, and about one of them as a whole: the catalogue answers, with citations."""
