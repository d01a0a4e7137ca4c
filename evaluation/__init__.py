"""Measures the running assistant on the evaluation sets; see README.md for every rule."""
