"""The figures: one module each. They draw from stored results and never train while drawing."""
