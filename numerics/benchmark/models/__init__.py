"""Fitted models that simulate: what methods hand back. A method that fits one of these kinds need not write its own."""
