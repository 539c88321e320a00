"""What the local node is made of: archives on Maven Central, each with the checksum that it must have."""

from dataclasses import dataclass

from opensearch.errors import NodeError

VERSION = "3.6.0"


@dataclass(frozen=True)
class Archive:
    """One file in a Maven repository.

    `coordinate` is group:artifact:extension:version; `size` is in bytes, of the file as it is downloaded.
    """

    name: str
    coordinate: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        """Name that it is kept under."""
        _, artifact, extension, version = self.coordinate.split(":")
        return f"{artifact}-{version}.{extension}"


DISTRIBUTION = Archive(
    "opensearch",
    f"org.opensearch.distribution.integ-test-zip:opensearch:zip:{VERSION}",
    "a91faa1dc1cadc78cb278b4f63847e19e1627a4e9de698e14e7efc14ee37b286",
    161_609_640,
)

_PLUGINS = (
    ("opensearch-job-scheduler", "f81d0aa9fc850b18f803292bd7ae68bd33561f6c1d12db0f68529d40eddcee24", 368_626),
    ("opensearch-knn", "ac392ca28a39b3bf290648a422ef30cb149dda2963a9d7feb26060e932341c9a", 6_015_541),
    ("opensearch-ml-plugin", "c051d436fe1936da1477bb999db829eb2bc92b12989e376c300d0a874fb90f9d", 390_566_619),
    ("neural-search", "6ef1b206e79391e2e36268e32dc34d27fd8b8a59a8eb0a7393c97d53b038e433", 12_095_213),
)  # fmt: skip

PLUGINS = {
    name: Archive(name, f"org.opensearch.plugin:{name}:zip:{VERSION}.0", sha256, size)
    for name, sha256, size in _PLUGINS
}

# What splits Thai text where a Java came without: OpenSearch builds its Thai analyzer for every index.
ICU = (
    Archive(
        "icu4j",
        "com.ibm.icu:icu4j:jar:77.1",
        "b3640b9f416a4411fd33c59abbeea8fd57d024c23e1819bf9673220a97499fe3",
        14_663_227,
    ),
    Archive(
        "icu4j-localespi",
        "com.ibm.icu:icu4j-localespi:jar:77.1",
        "77d0da4f10c6158174cc3dafbb51356031a09e0fcaaf0432330afb4fb552cac9",
        50_797,
    ),
)


def plugin(name: str) -> Archive:
    """Return the archive of a plugin by its Maven name.

    Raises:
        NodeError: no checksum is pinned for it, so it cannot be trusted.
    """
    if name not in PLUGINS:
        raise NodeError(f"KINDRED_NODE_PLUGINS: {name!r} is not one of {', '.join(PLUGINS)}")
    return PLUGINS[name]
