"""Whatever the OpenAPI allows or forbids, sent to the whole running product: no 500, and only what it promised.

Schemathesis with a fixed seed over the served document, made deeper: settings of every kind by their own schemas, and
ids of a conversation, a message and a contact that are there.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.client import Client
from tests.support.hostile import sound
from tests.support.product import Caller, Product, caller, keyed, running, signed_in
from tests.support.shop import Network, Shop, open_shop

pytestmark = pytest.mark.integration

SEED = "20261121"
WITHIN = 150
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
FOR_PEOPLE = ("/api/agents/me/availability", "/api/conversations/{id}/hint", "/api/conversations/next")
ENDING = ("/api/session", "/api/session/password", "/api/keys/{id}")
"""What would end the very session or key that explores, or costs a password hash each time."""
BORDERS = r"^/api/(conversations/\{id\}|contacts|schedules|surveys|notifications|agents)"
"""Where every border of every parameter is tried: acts on what is there, and times."""
OPEN = {("post", "/api/session"), ("post", "/api/password")}
FILES = {("post", "/api/attachments")}
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, rabbit_url: str, mongo_url: str) -> Iterator[Product]:
    directory = Path(tmp_path_factory.mktemp("openapi"))
    with running(directory, rabbit_url, mongo_url, gateway_requests_per_minute="1000000") as found:
        yield found


@pytest.fixture(scope="module")
async def machine(product: Product) -> AsyncIterator[Caller]:
    async with keyed(product) as found:
        yield found


@pytest.fixture(scope="module")
async def shop(product: Product) -> Shop:
    with Client(product.url, product.key) as client:
        return await asyncio.to_thread(open_shop, client, product.url)


@pytest.fixture(scope="module")
async def document(product: Product, machine: Caller, shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The served OpenAPI, made deeper, as a file."""
    async with caller(product.url) as outside:
        conversation = await Network(outside.http, shop.channel, shop.inbound).says("a customer", "Hello, who are you?")
    row = await machine.becomes(conversation, status="new")
    note = await machine.post(f"/api/conversations/{conversation}/notes", {"text": "A customer."})
    known = {
        "/api/conversations/{id}": conversation,
        "/api/messages/{id}": row["last_inbound"],
        "/api/notes/{id}": note["message"]["id"],
        "/api/contacts/{id}": row["contact"],
        "/api/users/{id}": shop.users["Vic"],
    }
    kinds = (await machine.get("/api/settings"))["kinds"]
    served = await machine.get("/openapi.json")
    path = tmp_path_factory.mktemp("openapi") / "deeper.json"
    path.write_text(json.dumps(deeper(served, known, kinds)))
    return path


def deeper(document: Mapping[str, Any], known: Mapping[str, str], kinds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The document with ids that are there beside those that are not, and a path for each kind of settings."""
    paths: dict[str, Any] = {}
    schemas = dict(document["components"]["schemas"])
    for path, item in document["paths"].items():
        if "{kind}" not in path:
            id = next((id for begin, id in known.items() if path.startswith(begin)), None)
            paths[path] = _with_id(item, id) if id is not None else item
            continue
        for one in kinds:
            name = f"settings-{one['kind']}"
            schemas |= _renamed({name: one["schema"]}, name)
            paths[path.replace("{kind}", one["kind"])] = _of_kind(item, f"#/components/schemas/{name}")
    return {**document, "paths": paths, "components": {**document["components"], "schemas": schemas}}


def _with_id(item: Any, id: str) -> Any:
    def known(parameter: Any) -> Any:
        return {**parameter, "schema": {"enum": [id]}} if parameter["name"] == "id" else parameter

    return {
        method: {**op, "parameters": [known(one) for one in op.get("parameters", ())]} for method, op in item.items()
    }


def _of_kind(item: Any, schema: str) -> Any:
    made = {}
    for method, operation in item.items():
        parameters = [one for one in operation.get("parameters", ()) if one["name"] != "kind"]
        made[method] = {**operation, "parameters": parameters}
        made[method].pop("operationId", None)
        if "requestBody" in operation:
            made[method]["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": schema}}},
            }
    return made


def _renamed(named: dict[str, Any], name: str) -> dict[str, Any]:
    """A schema with its own definitions moved out, under names of their own."""
    text = json.dumps(named).replace("#/$defs/", f"#/components/schemas/{name}-")
    moved: dict[str, Any] = json.loads(text)
    inner = moved[name].pop("$defs", {})
    return moved | {f"{name}-{one}": schema for one, schema in inner.items()}


async def explore(document: str, url: str, *arguments: str) -> None:
    """Run schemathesis; its words are the failure's."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        *("run", document, "--url", url, "--seed", SEED, "--request-timeout", "30", "--no-color", "--no-shrink"),
        *("--continue-on-failure", "--warnings", "off", "--generation-database", "none"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(WITHIN):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, said.decode()[-8000:]


def without(*paths: str) -> list[str]:
    return [part for path in paths for part in ("--exclude-path", path)]


async def test_with_a_key_of_every_scope_what_is_drawn_by_chance(product: Product, document: Path) -> None:
    key = ("-H", f"Authorization: Bearer {product.key}")
    chosen = without("/api/live", *ENDING)
    await explore(str(document), product.url, *key, "-c", CHECKS, "-n", "3", "--phases", "fuzzing", *chosen)


async def test_with_a_key_of_every_scope_each_border_of_each_parameter(product: Product, document: Path) -> None:
    key = ("-H", f"Authorization: Bearer {product.key}")
    chosen = ("--include-path-regex", BORDERS)
    await explore(str(document), product.url, *key, "-c", CHECKS, "--phases", "coverage", *chosen)


async def test_as_a_person(product: Product, document: Path) -> None:
    async with signed_in(product.url, "ana@example.org") as ana:
        cookie = "; ".join(f"{name}={value}" for name, value in ana.http.cookies.items())
        headers = ("-H", f"Cookie: {cookie}", "-H", f"X-CSRF-Token: {ana.http.headers['X-CSRF-Token']}")
        chosen = [part for path in FOR_PEOPLE for part in ("--include-path", path)]
        await explore(str(document), product.url, *headers, "-c", CHECKS, "-n", "8", "--phases", "fuzzing", *chosen)


async def test_as_nobody(product: Product, document: Path) -> None:
    served = json.loads(document.read_text())
    async with caller(product.url) as nobody:
        for path, item in served["paths"].items():
            for method in item:
                there = path.replace("{", "").replace("}", "")
                if (method, path) in FILES:
                    answer = await nobody.http.post(there, content=b"x", headers=BYTES)
                else:
                    answer = await nobody.ask(method.upper(), there, {})
                expected = 422 if (method, path) in OPEN else 401
                assert sound(answer, path)["status"] == expected, (method, path)
    checks = "not_a_server_error,content_type_conformance"
    await explore(str(document), product.url, "-c", checks, "-n", "1", "--phases", "fuzzing")


async def test_nothing_of_all_this_was_a_bug_or_lost_on_the_way(product: Product) -> None:
    assert product.process.failing() == {}
    assert await product.dead() == []
    assert product.bugs() == []
