"""The API keeps what its OpenAPI says, whatever it is sent, and never fails with 500 (fixed seed, bounded)."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.support.gateway import a_conversation, a_message, running_gateway, served

pytestmark = pytest.mark.integration

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


async def test_no_request_that_the_openapi_allows_or_forbids_breaks_the_api(mongo_url: str, prefix: str) -> None:
    async with running_gateway(mongo_url, prefix) as gateway, served(gateway.gateway.app) as url:
        admin = await gateway.admin()
        one = a_conversation()
        await gateway.converse(one, message=a_message(one))
        body = {"name": "explorer", "scopes": ["read", "write", "admin"]}
        key = (await admin("POST", "/api/keys", body)).json()["key"]
        status, said = await _explore(url, key)
    assert status == 0, said[:6000]


async def _explore(url: str, key: str) -> tuple[int, str]:
    arguments = [
        *("run", f"{url}/openapi.json", "-H", f"Authorization: Bearer {key}", "--checks", CHECKS),
        *("--phases", "examples,fuzzing", "--max-examples", "10", "--seed", "20260302"),
        *("--exclude-path", "/api/live", "--request-timeout", "30", "--no-color"),
    ]
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
