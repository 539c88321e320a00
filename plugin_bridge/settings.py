"""Settings of the bridge and the command line, read from the environment (`KINDRED_...`).

Every setting has a default that suits one machine. `Settings()` reads the environment each time it is made: a
test or a child process gets what its own environment says.
"""

from functools import cached_property
from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from encoders.homes import cache_home, data_home


class Settings(BaseSettings):
    """What the bridge, the loader and the command line share. Times are milliseconds, sizes are bytes."""

    model_config = SettingsConfigDict(env_prefix="KINDRED_", env_ignore_empty=True, extra="ignore", frozen=True)

    home: Path = Field(default_factory=data_home, description="where models, tokens and state are kept")
    cache: Path = Field(default_factory=cache_home, description="downloads and work that can be made again")
    database_url: str | None = Field(
        None, repr=False, description="a PostgreSQL for what people decide; default: SQLite in the home"
    )
    images: Path | None = Field(None, description="folder of the photos; default: the one that was loaded from")
    alias: str = Field("products", min_length=1, description="the alias that storefronts search")

    bridge_host: str = Field("127.0.0.1", description="address that the bridge listens on")
    bridge_port: int = Field(8765, ge=1, le=65535, description="port that the bridge listens on")
    bridge_url: str | None = Field(None, description="address under which the cluster reaches the bridge")
    auth: bool = Field(True, description="ask for bearer tokens; without them the bridge stays on loopback")

    text_model: str = Field("all-minilm-l6-v2-int8", description="text encoder of new generations")
    image_model: str = Field("efficientnet-lite0-int8", description="photo encoder of new generations")
    threads: int = Field(0, ge=0, description="threads that encoders use; 0 means all cores")

    deadline_ms: int = Field(250, ge=1, description="after this a request goes on unchanged")
    search_deadline_ms: int = Field(2_000, ge=1, description="encoding may take this long for the search endpoint")
    max_encode_chars: int = Field(1_000, ge=1, description="longer texts are cut to this before encoding")
    max_query_chars: int = Field(2_000, ge=1, description="the search endpoint refuses longer texts")
    max_size: int = Field(500, ge=1, description="hits in one page of the search endpoint")
    max_depth: int = Field(10_000, ge=1, description="largest `from` + `size` of the search endpoint")
    max_texts: int = Field(512, ge=1, description="texts in one embeddings request")
    max_body_bytes: int = Field(4 * 2**20, ge=1024, description="largest request body")
    max_picture_bytes: int = Field(16 * 2**20, ge=1024, description="largest picture in a search")
    max_import_bytes: int = Field(512 * 2**20, ge=1024, description="largest file of labels or judgments")
    query_cache: int = Field(10_000, ge=0, description="query vectors kept in memory, over all encoders")
    encode_workers: int = Field(2, ge=1, le=64, description="queries that are encoded at the same time")
    refresh_seconds: float = Field(5.0, gt=0, description="pause between looks for new generations")

    @model_validator(mode="after")
    def _without_trailing_slash(self) -> "Settings":
        if self.bridge_url is not None and not self.bridge_url.startswith(("http://", "https://")):
            raise ValueError("KINDRED_BRIDGE_URL must begin with http:// or https://")
        return self

    @property
    def max_search_bytes(self) -> int:
        """The largest body of a search: a picture in base64, and room for the rest."""
        return max(self.max_body_bytes, self.max_picture_bytes * 4 // 3 + 64 * 1024)

    @cached_property
    def models_dir(self) -> Path:
        """The folder of the model store."""
        return self.home / "models"

    @cached_property
    def local_url(self) -> str:
        """The bridge's address for programs on this machine."""
        host = "127.0.0.1" if self.bridge_host in ("0.0.0.0", "::", "") else self.bridge_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.bridge_port}"

    @cached_property
    def reach_url(self) -> str:
        """The bridge's address for the cluster (`KINDRED_BRIDGE_URL`, else the local one)."""
        return (self.bridge_url or self.local_url).rstrip("/")
