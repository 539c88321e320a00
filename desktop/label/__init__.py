"""The label page: one pair at a time, one key each, kept on disk before the next pair shows."""
