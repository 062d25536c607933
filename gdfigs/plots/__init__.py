"""Pictures, their style, their registry, and their SVG."""
