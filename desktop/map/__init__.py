"""The map page: the catalogue's vectors as points, coloured by category."""
