"""English as written in Zimbabwe."""
