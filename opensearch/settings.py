"""Settings of this room: which cluster is used (`OPENSEARCH_`), how the local node runs (`KINDRED_NODE_`).

Each object reads the environment when it is made.
"""

import hashlib
import os
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from encoders.homes import cache_home, data_home


class ClusterSettings(BaseSettings):
    """The cluster that everything is said to. Without `OPENSEARCH_URL` it is the local node."""

    model_config = SettingsConfigDict(env_prefix="OPENSEARCH_", extra="ignore", frozen=True)

    url: str | None = Field(None, description="address, as http(s)://host:port")
    user: str | None = Field(None, description="name to log in with")
    password: SecretStr | None = Field(None, description="password to log in with")
    ca_file: Path | None = Field(None, description="PEM file of the authority that signed its certificate")
    timeout: float = Field(30, gt=0, description="seconds that a request may take")
    storefront_user: str | None = Field(None, description="the storefront's own name, only to check its rights")
    storefront_password: SecretStr | None = Field(None, description="and its password")

    @field_validator("url", "user", "password", "ca_file", "storefront_user", "storefront_password", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def is_local(self) -> bool:
        """Whether the local node is meant."""
        return self.url is None


def _node_home() -> Path:
    """`KINDRED_HOME`/node; as root a folder that an unprivileged user can reach, one for each home."""
    if os.name != "posix" or os.geteuid() != 0:
        return data_home() / "node"
    if "KINDRED_HOME" not in os.environ:
        return Path("/var/lib/kindred/node")
    home = data_home().absolute()
    if all(_passable(folder) for folder in (home, *home.parents)):
        return home / "node"
    return Path("/var/lib/kindred") / hashlib.sha256(os.fsencode(home)).hexdigest()[:12] / "node"


def _passable(folder: Path) -> bool:
    return not folder.exists() or bool(folder.stat().st_mode & 0o001)


class NodeSettings(BaseSettings):
    """The local node: where it lives, on which ports it listens, what it runs on."""

    model_config = SettingsConfigDict(env_prefix="KINDRED_NODE_", extra="ignore", frozen=True)

    home: Path = Field(default_factory=_node_home, description="configuration, index data and logs")
    distribution: Path | None = Field(
        None, description="unpacked OpenSearch, shared by several homes; default: a folder in `home`"
    )
    downloads: Path = Field(
        default_factory=lambda: cache_home() / "downloads", description="archives, kept after unpacking"
    )
    repository: str | None = Field(None, description="Maven repository that archives come from; default: Central")
    plugins: tuple[str, ...] = Field(
        ("opensearch-job-scheduler", "opensearch-knn", "opensearch-ml-plugin", "neural-search"),
        description="plugins to install, by their name in the Maven repository",
    )
    http_port: int = Field(9200, ge=1, le=65535, description="port for HTTP, on loopback")
    transport_port: int | None = Field(
        None, ge=1, le=65535, description="port between nodes, on loopback; default: http_port + 100"
    )
    seed_ports: tuple[int, ...] = Field(
        (), description="transport ports of other nodes on this machine whose cluster this one joins"
    )
    joinable: bool = Field(False, description="whether other nodes may join its cluster")
    cluster_name: str = Field("kindred", min_length=1, description="nodes of one cluster share this name")
    name: str = Field("kindred-1", min_length=1, description="name of this node in its cluster")
    heap: str = Field("1g", pattern=r"^[1-9][0-9]*[kmgKMG]$", description="heap, as 512m or 1g")
    java_home: Path | None = Field(None, description="the Java to run on; default: the first one that suits")
    user: str = Field("nobody", description="user that the node runs as where it is started by root")
    start_seconds: float = Field(180, gt=0, description="how long to wait until the node answers")
    stop_seconds: float = Field(30, gt=0, description="how long to wait after SIGTERM before SIGKILL")

    @property
    def url(self) -> str:
        """Address of the node's HTTP port."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def transport(self) -> int:
        """The transport port."""
        if self.transport_port is not None:
            return self.transport_port
        return self.http_port + 100 if self.http_port <= 65435 else self.http_port - 100

    @property
    def root(self) -> Path:
        """Folder of the unpacked distribution."""
        return self.distribution or self.home / "opensearch"
