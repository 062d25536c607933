"""Claims of the text, a module for each page."""
