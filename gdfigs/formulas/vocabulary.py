"""What the symbols of the text stand for: on a problem, from a start, with a step."""
