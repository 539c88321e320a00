"""Pieces that several pages show: cards, thumbnails, chips, strips."""
