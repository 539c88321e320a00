"""The models that Kindred knows how to make. Only names: their recipes are in `encoders.export`, which needs torch."""

TEXT = ("all-minilm-l6-v2", "bge-small-en-v1.5", "bge-small-zh-v1.5", "multilingual-e5-small")
IMAGE = ("efficientnet-lite0", "efficientnet-lite0-stages")
SHIPPED = (*TEXT, *IMAGE)
# Half a gigabyte and two minutes, or for taggers only: tests and benchmarks make these only where they ask for them.
LARGE = ("multilingual-e5-small", "efficientnet-lite0-stages")
