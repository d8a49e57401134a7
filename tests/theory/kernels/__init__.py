"""The kernels of wide networks."""
