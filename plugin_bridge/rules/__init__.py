"""Merchandising rules: pin, hide, boost and bury products for a query, a pattern of words, or a category.

`values` are the rules, `matching` tells which words they meet, `book` which of them meet a request and what they want
together, `conflicts` where two of them cannot both have their way. `ledger` keeps them with their whole history,
`keeper` holds them in the bridge's memory, and `desk` is what endpoints and commands call. What rules do to a request
is in `plugin_bridge.rewrite.ruling`.
"""

from plugin_bridge.rules.book import RuleBook

__all__ = ["RuleBook"]
