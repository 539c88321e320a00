"""The search page: find what customers see, and why."""
