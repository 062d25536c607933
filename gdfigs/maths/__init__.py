"""Problems, methods, flows and bounds: NumPy and SciPy, nothing of pictures."""
