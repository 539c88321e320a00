"""Training on behaviour: the ranking blend, and networks over sequences, sets and graphs of items. Needs torch."""
