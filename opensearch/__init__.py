"""Everything said to OpenSearch: local node, client, mappings, pipelines, bulk loading, generations and aliases."""
