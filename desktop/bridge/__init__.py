"""All that is said to the bridge: a client, and its answers as frozen values."""

from desktop.bridge.answers import Answer, Facet, FacetValue, GenerationRow, Hit, Share, Standing
from desktop.bridge.client import Bridge, Wanted

__all__ = ["Answer", "Bridge", "Facet", "FacetValue", "GenerationRow", "Hit", "Share", "Standing", "Wanted"]
