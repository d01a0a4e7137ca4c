"""Myoguide: safe, grounded answers about myoclonus, on Rasa Open Source."""
