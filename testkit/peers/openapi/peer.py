"""Reads the OpenAPI document of a gateway as its users do: validates it, generates a client from it, which is
called, and sends what Schemathesis makes of it. Usage: peer.py http://HOST:PORT FOLDER"""

import importlib
import json
import os
import subprocess
import sys
import urllib.request
import uuid
from pathlib import Path

import openapi_spec_validator

# Not: whether all data that fit the schema are accepted. The rules of a name are those of user-service, not of JSON.
# Nor whether all others are refused with a status: the head of a stream's response is sent before its rows are read.
CHECKS = ",".join(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "unsupported_method",
    ]
)


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def call_generated_client(url: str, document: Path, folder: Path) -> None:
    target = folder / "generated"
    generate = ["generate", "--path", str(document), "--output-path", str(target), "--meta", "none", "--overwrite"]
    subprocess.run([tool("openapi-python-client"), *generate], check=True, stdout=subprocess.DEVNULL)
    sys.path.insert(0, str(folder))
    module = importlib.import_module
    client = module("generated").Client(base_url=url)
    users, models = "generated.api.user_service", module("generated.models")
    email = f"{uuid.uuid4()}@example.com"
    body = models.UserV1CreateUserRequest.from_dict({"name": "Ada Lovelace", "email": email})
    created = module(f"{users}.create_user").sync(client=client, body=body)
    get_user = module(f"{users}.get_user")
    found = get_user.sync(client=client, user_id=created.user_id)
    assert found.user.email == email, found
    missing = get_user.sync_detailed(client=client, user_id=str(1 << 60))
    assert missing.status_code == 404, missing
    assert missing.parsed.error.status == "NOT_FOUND", missing.parsed


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    os.chdir(folder)
    document = folder / "openapi.json"
    with urllib.request.urlopen(f"{url}/openapi.json") as response:
        document.write_bytes(response.read())
    openapi_spec_validator.validate(json.loads(document.read_text()))
    print("| openapi-spec-validator | the document is valid | ok |", flush=True)
    call_generated_client(url, document, folder)
    print("| openapi-python-client | a generated client creates and gets a user | ok |", flush=True)
    run = ["run", str(document), "--url", url, "--checks", CHECKS, "--max-examples", "50", "--seed", "1"]
    subprocess.run([tool("schemathesis"), *run, "--request-timeout", "30"], check=True, stdout=sys.stderr)
    print("| schemathesis | 50 examples of each call | ok |", flush=True)


main()
