"""Acceptance: what models suggest is stored, people decide, and what they decided is in the index and stays there.

`reviewer` is the door: list, accept, correct, refuse, in bulk, undo. `ledger` speaks to the database, `writing` to the
index, `marks` holds the rules by which a person's value outlives the catalogue's, `carrying` takes marks to a new
generation, `making` asks a tagger, `training` gives decisions back as training data.
"""
