"""The bridge as a service: what OpenSearch calls for every request, and the HTTP interface for everyone else.

`server.serve` runs it, `app.create_app` is the application, `rewriting` the endpoint that OpenSearch calls.
"""
