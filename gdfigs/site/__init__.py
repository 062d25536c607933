"""The Markdown extension, the MkDocs plugin, and what a page needs."""
