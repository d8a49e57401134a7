"""The attractor-recovery benchmark: does a data-driven method find the attractors that are there, and only those?"""
