"""Category and tag suggestions: how sure they are, and why.

`suggesting` holds the values, `engine` the interface of what makes them. Two engines stand behind it: `neighbours`
(votes of labelled products, no training needed) and `head` (trained on a shop's labelled products).
"""
