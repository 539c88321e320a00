"""The models that Kindred knows how to make. Only names: their recipes are in `encoders.export`, which needs torch."""

TEXT = ("all-minilm-l6-v2", "bge-small-en-v1.5")
IMAGE = ("efficientnet-lite0",)
SHIPPED = (*TEXT, *IMAGE)
