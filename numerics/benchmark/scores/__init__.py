"""Scores of what a method did in one cell. Each is one small file; copy one to add your own."""
