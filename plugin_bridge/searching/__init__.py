"""From a search to its answer: planning, filters, query vectors, explanations."""
