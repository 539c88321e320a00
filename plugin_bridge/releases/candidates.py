"""Which generation may rank a share of the requests before it is released."""

from opensearch import generations
from opensearch.generations import Generation
from plugin_bridge.errors import ReleaseError
from plugin_bridge.releases.workshop import Workshop


def find(shop: Workshop, name: str) -> Generation:
    """Return the candidate that `name` (g008, 8 or an index) means.

    Raises:
        ReleaseError: there is none of this name, it is live, its index was not made by a release from the live one, or
            no request by words would be ranked otherwise.
    """
    live = generations.live_indices(shop.cluster, shop.alias)
    for generation in generations.history(shop.cluster, shop.alias):
        if name not in (generation.name, generation.index, str(generation.number)):
            continue
        if generation.index in live:
            raise ReleaseError(f"{generation.index} is live; a canary is a candidate beside it")
        made = [one for one in shop.releases.all() if one.target == generation.index and one.source in live]
        if not made or made[0].step("compare") is None:
            raise ReleaseError(
                f"{generation.index} holds no catalogue that was compared with the live one; "
                "`kindred release NAME --dry-run` makes such a candidate"
            )
        if made[0].kind != "text":
            raise ReleaseError(
                f"{generation.index} reads words as the live generation does: a share of the storefront's requests "
                "would be ranked alike. Search in it by its name, with a photo or a customer"
            )
        return generation
    raise ReleaseError(f"{shop.alias} has no generation {name}; `kindred generations` lists them")
