"""JSON from outside, read more strictly than Python does by itself."""

import json
from typing import Any, NoReturn


def decode_json(text: str | bytes) -> Any:
    """Return the value. Raises json.JSONDecodeError for everything that is no proper JSON text.

    Python alone accepts NaN and half surrogate pairs, which nothing further in can store, and
    raises other errors for nesting beyond its stack, numbers beyond 4,300 digits, and bytes that
    are no UTF-8.
    """
    try:
        value = json.loads(text, parse_constant=_refuse)
        if "\\u" in (text if isinstance(text, str) else text.decode()):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError("Not a proper JSON text", "", 0) from error
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
