"""Ways in: the website chat, messengers, and what they share."""
