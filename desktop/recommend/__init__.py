"""The recommend page: what a customer or a basket may want next, and groups of customers as map and table."""
