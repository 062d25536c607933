"""The cache and the worker processes."""
