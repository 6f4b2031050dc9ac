"""How rows are found by the end of a number or the start of a word: expressions that an index and a search must write alike."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchQuery
from django.db.models import BooleanField, CharField, Expression, F, Func, Index, Q
from django.db.models.expressions import CombinedExpression, OrderBy
from django.db.models.fields import Field
from django.db.models.functions import Collate
from django.db.models.indexes import IndexExpression

# As the app `django.contrib.postgres` does when it is installed: without it OpClass is no part of an index. The app itself would
# ask every new connection about types that we do not use.
IndexExpression.register_wrappers(OrderBy, OpClass, Collate)


class Backwards(Func):
    """Text from its end: what ends in `345678` begins with `876543` then."""

    function = "REVERSE"
    output_field: Field[str, str] = CharField()


class Words(Func):
    """The words of a text as PostgreSQL looks them up, without knowledge of any language: names are in all of them."""

    function = "to_tsvector"
    template = "%(function)s('simple'::regconfig, %(expressions)s)"

    @classmethod
    def match(cls, field: str, query: SearchQuery) -> Expression:
        return CombinedExpression(cls(F(field)), "@@", query, output_field=BooleanField())


def ends_index(field: str, name: str, condition: Q | None = None) -> Index:
    """Finds rows by the whole of a phone number, or by its last digits."""
    return Index(OpClass(Backwards(F(field)), "text_pattern_ops"), name=name, condition=condition)


def words_index(field: str, name: str) -> GinIndex:
    """Finds rows by the starts of words."""
    return GinIndex(Words(F(field)), name=name)
