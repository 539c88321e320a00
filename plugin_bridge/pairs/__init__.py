"""Pairs of products: are these two the same thing? Reading labelled pairs, features, scoring, training, explaining."""
