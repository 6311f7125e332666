"""Tables of a summary: Markdown, LaTeX, CSV, terminal."""
