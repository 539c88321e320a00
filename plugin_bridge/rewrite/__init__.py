"""From a storefront's request body to the body that ranks by keywords and vectors together.

Pure functions: nothing here talks to OpenSearch, and only `encode`, which the caller hands in, touches a model.
`reading` finds the shopper's text, `fusion` builds the clauses, `ruling` obeys merchandising rules, `source` keeps
vectors out of answers, and `bodies` builds the bridge's own requests.
"""

from plugin_bridge.rewrite.storefront import Rewritten, left_alone, passthrough, rewrite

__all__ = ["Rewritten", "left_alone", "passthrough", "rewrite"]
