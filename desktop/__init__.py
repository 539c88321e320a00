"""The merchandiser's desktop: a Qt application that speaks to the bridge over HTTP only.

Views (`view.py`) emit intents, presenters (`presenter.py`, free of Qt) answer with frozen view models (`state.py`), and
`work.py` owns the only threads. `bridge/` is all that is said to the bridge.
"""
