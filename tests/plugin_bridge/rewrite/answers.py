"""Two queries over the shelf, and what is read from an answer."""

RED_SHOE = {"match": {"title": "red shoe"}}
COUCH = {"match": {"title": {"query": "crimson couch"}}}  # no product uses either word


def ids(answer):
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def total(answer):
    return answer["hits"]["total"]["value"]


def titles(answer):
    return [hit["_source"]["title"] for hit in answer["hits"]["hits"]]
