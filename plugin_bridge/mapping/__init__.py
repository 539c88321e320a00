"""The catalogue as a map: vectors of many dimensions as points on a plane, and those that lie far from all others."""

from plugin_bridge.mapping.making import CatalogueMap, MapWanted, make_map
from plugin_bridge.mapping.store import MapStore

__all__ = ["CatalogueMap", "MapStore", "MapWanted", "make_map"]
