"""Releases: a model goes live by a generation that is built beside the live one, measured, and switched to.

`release` has the steps, `following` keeps the candidate's products those of the live one, `proving` proves it,
`evidence`, `comparing` and `verdicts` tell whether it is better, `switching` is the moment and the way back, `canary`
gives it a share first, `records` is what the database knows of it.
"""
