"""The printed formulas: read from the MathML that a reader sees, and run on the problems that the text speaks of."""
