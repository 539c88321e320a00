"""What people teach: pairs labelled similar or dissimilar, results judged for queries, and which pair to ask for next.

`ledger` keeps pairs, `judgments` judgments: histories with undo. `reading` counts and lists them, `agreement` says
whether people agree. `importing`, `exporting` and `snapshot` are the doors for files. `queue` chooses the next pair:
`candidates` finds pairs, `features` and `model` say how sure a light model is of each, `ranking` orders them. `curve`
says whether more labels would help.
"""
