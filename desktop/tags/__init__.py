"""The tags page: what models suggest about products, and what somebody decides about it."""
