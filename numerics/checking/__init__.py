"""Checks of what experimenters have in hand, each with a report of one page."""
