"""What the text states, a module for each page."""
