"""Gradient descent and gradient flow: problems, methods, bounds, and the figures drawn from them."""

__version__ = "0.1.0"
