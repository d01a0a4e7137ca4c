"""For the editor: what people ask, what helps them, what is missing. No person can be told."""
