"""What the endpoints take, checked by pydantic; unknown keys are refused, so that a misspelt one is noticed."""

import base64
import binascii
from typing import Any, Literal, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from plugin_bridge.searching.facets import MAX_VALUES
from plugin_bridge.searching.planning import MOST_WEIGHT, PLAIN, Mode, SearchRequest, Weights

M = TypeVar("M", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class WeightsBody(_Strict):
    """How much more than usual the parts of a score count."""

    keyword: float = Field(1.0, ge=0, le=MOST_WEIGHT, allow_inf_nan=False)
    text: float = Field(1.0, ge=0, le=MOST_WEIGHT, allow_inf_nan=False)
    image: float = Field(1.0, ge=0, le=MOST_WEIGHT, allow_inf_nan=False)

    def weights(self) -> Weights:
        """Return them as the rest of the bridge takes them."""
        return Weights(self.keyword, self.text, self.image)


class SearchBody(_Strict):
    """A search by words, by a picture (base64) or like a product, and by words with either."""

    text: str | None = Field(None, description="the shopper's words")
    image: str | None = Field(None, description="a picture, base64, also as a data: address")
    like: str | None = Field(None, description='a product to be like, also with words: "this, but blue"')
    filters: dict[str, Any] = Field(
        default_factory=dict, description='`{"brand": "Acme", "colour": ["red", "blue"], "price": {"lt": 50}}`'
    )
    size: int = 10
    offset: int = Field(0, alias="from")
    mode: Mode = "hybrid"
    explain: bool = False
    generation: str | None = Field(None, description="`g007`; the live one if absent")
    alias: str | None = Field(None, description="another alias than the bridge's own")
    rules: bool = Field(True, description="obey merchandising rules")
    weights: WeightsBody | None = Field(None, description="how much words and vectors count; 1 is as usual")

    @field_validator("image")
    @classmethod
    def _base64(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                base64.b64decode(_bare(value), validate=True)
            except (binascii.Error, ValueError) as error:
                raise ValueError("is not base64") from error
        return value

    def request(self) -> SearchRequest:
        """Return the search as the rest of the bridge takes it."""
        return SearchRequest(
            text=self.text,
            picture=base64.b64decode(_bare(self.image)) if self.image is not None else None,
            like=self.like,
            filters=self.filters,
            size=self.size,
            offset=self.offset,
            mode=self.mode,
            explain=self.explain,
            generation=self.generation,
            alias=self.alias,
            rules=self.rules,
            weights=self.weights.weights() if self.weights is not None else PLAIN,
        )


class FacetsBody(SearchBody):
    """A search whose products are counted instead of returned."""

    fields: list[str] | None = Field(None, description="what to count; default: well-known fields and the shop's own")
    values: int = Field(20, ge=1, le=MAX_VALUES, description="values of each field")


class SimilarBody(_Strict):
    """What to leave out of, and how much to return of, the items like a product."""

    filters: dict[str, Any] = Field(default_factory=dict)
    size: int = 10
    offset: int = Field(0, alias="from")
    explain: bool = False
    generation: str | None = None
    alias: str | None = None
    rules: bool = True


class EmbeddingsBody(BaseModel):
    """A request as OpenAI's embeddings endpoint takes it; its other keys are let through and mean nothing here."""

    model: str = Field(description="name of a text model that a generation uses")
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"


def validated(model: type[M], content: bytes | dict[str, Any]) -> M:
    """Return the body of a request as `model`; raises RequestValidationError naming the first wrong part."""
    try:
        return model.model_validate_json(content) if isinstance(content, bytes) else model.model_validate(content)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False, include_context=False)) from error


def _bare(picture: str) -> str:
    """Return the base64 part of a data: address."""
    return picture.split(",", 1)[1] if picture.startswith("data:") and "," in picture else picture
