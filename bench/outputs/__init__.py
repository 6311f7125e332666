"""From records to what people read: summaries, tables, plots."""
