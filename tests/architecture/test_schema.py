"""The contract: the committed schema is the served one, and describes every element."""

from pathlib import Path

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType
from graphql import build_schema as parse_schema

from app.graphql.app import build_schema

COMMITTED = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"


def test_committed_schema_is_current() -> None:
    assert COMMITTED.read_text() == build_schema().as_str() + "\n", "run `make schema`"


def test_everything_is_described() -> None:
    missing: list[str] = []
    for name, kind in parse_schema(COMMITTED.read_text()).type_map.items():
        if name.startswith("__") or not hasattr(kind, "ast_node") or kind.ast_node is None:
            continue
        if not kind.description:
            missing.append(name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                if not field.description:
                    missing.append(f"{name}.{field_name}")
                arguments = getattr(field, "args", {})
                missing += [
                    f"{name}.{field_name}({key})"
                    for key, argument in arguments.items()
                    if not argument.description
                ]
        if isinstance(kind, GraphQLEnumType):
            missing += [f"{name}.{key}" for key, v in kind.values.items() if not v.description]
    assert missing == []
