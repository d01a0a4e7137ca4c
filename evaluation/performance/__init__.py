"""The assistant's speed and memory as ratios to the stock assistant of `rasa init`, same run."""
