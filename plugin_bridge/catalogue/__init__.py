"""Product files: reading them row by row, cleaning values with pure functions, counting what was mended or left out."""
