# SPDX-License-Identifier: Apache-2.0
"""As much of JSON Schema as docs/json uses, and stricter: what a schema does not name is an error, so
that nothing is printed that is not described."""
import json
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs/json"
TYPES = {"string": str, "boolean": bool, "array": list, "object": dict, "null": type(None)}
KNOWN = {"$schema", "title", "description", "type", "properties", "required", "items", "minimum", "maximum", "const",
         "enum", "$ref", "$defs"}


def load(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def is_type(value, name):
    if name in ("integer", "number"):
        return isinstance(value, (int, float)) and not isinstance(value, bool) and (
            name == "number" or value == int(value))
    return isinstance(value, TYPES[name])


def check(value, schema, at="it"):
    assert not set(schema) - KNOWN, f"{at}: the schema has {set(schema) - KNOWN}, which is not checked"
    if "$ref" in schema:
        file, _, name = schema["$ref"].partition(".json#/$defs/")
        return check(value, load(file)["$defs"][name], at)
    if "const" in schema:
        assert value == schema["const"], f"{at} is {value!r}, not {schema['const']!r}"
    if "enum" in schema:
        assert value in schema["enum"], f"{at} is {value!r}, none of {schema['enum']}"
    if "type" in schema:
        types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        assert any(is_type(value, t) for t in types), f"{at} is {value!r}, not {types}"
    if is_type(value, "number"):
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value), f"{at} is {value}"
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        assert not set(value) - set(properties), f"{at} has {set(value) - set(properties)}, which is not described"
        for name in schema.get("required", ()):
            assert name in value, f"{at} has no {name}"
        for name, one in value.items():
            check(one, properties[name], f"{at}.{name}")
    if isinstance(value, list):
        for i, one in enumerate(value):
            assert "items" in schema, f"{at}: items are not described"
            check(one, schema["items"], f"{at}[{i}]")


def documents(text):
    """One document, or one on each line."""
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        one, at = decoder.raw_decode(text, at)
        yield one


def check_run(words, out, err):
    """What a command with --json printed is what docs/json says."""
    name = "-".join(str(w) for w in words[:2])
    for one in documents(out):
        check(one, load(name), name)
    for line in err.splitlines():
        assert line.startswith("{"), f"{name}: not JSON: {line}"
        check(json.loads(line), load("message"))
