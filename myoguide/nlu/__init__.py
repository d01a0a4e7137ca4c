"""The rooms that plug into Rasa's graph: encoder, question classifier, safety screen."""
