"""The bridge: the service that OpenSearch and people call, loading, rewriting, evaluation and the command line."""
