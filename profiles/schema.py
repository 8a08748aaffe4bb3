"""The JSON Schema of a profile file, for editors and other programs."""

from typing import Any

from pydantic import TypeAdapter

from profiles.model import Profile

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the schema of a file as written: `extends` may stand, and then nothing is required."""
    schema = TypeAdapter(Profile).json_schema()
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "the profile that fills in what this one leaves out",
    }
    required = schema.pop("required")
    for part in schema["$defs"].values():
        if part["title"] in {"Aws", "Kubernetes", "Naming"}:
            part.pop("required", None)
    schema["anyOf"] = [{"required": ["extends"]}, {"required": required}]
    return {"$schema": _DIALECT, **schema}
