"""Published tables and figures, rebuilt: published numbers beside those of records."""
