"""The compare page: two configurations of search, side by side."""
