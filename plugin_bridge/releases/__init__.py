"""Releases: a model goes live by a generation that is built beside the live one, measured, and switched to.

`release` has the steps and `workshop` what they work with. `following` keeps the candidate's products those of the live
one, `behaviour` what is known of customers, `proving` proves it. `measuring` chooses how the two are compared:
`by_queries`, `by_photos` or `by_orders`, on what `evidence` reads, told by `comparing` and `verdicts`. `switching` is
the moment and the way back, `canary` gives a candidate a share first, `records` is what the database knows of it.
"""
