"""The page that trains and releases: what runs, what came of it, and what shoppers get."""
