"""Asks the process that works on a data folder, over loopback, instead of opening the folder."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import msgspec

from infra.lock_file import Holder

# Never through a proxy of the environment: the token must not leave this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class RemoteError(ValueError):
    """What the other process answered, or that it did not."""


class RemoteOperations:
    """The same verbs as infra.operations.Operations, done by the process that holds the folder."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    def run(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._post(f"api/run/{verb}", body)

    def act(self, verb: str, body: Mapping[str, Any], token: str) -> dict[str, Any]:
        return self._post(f"api/act/{verb}", body, token)

    def import_file(self, path: str, options: Mapping[str, Any]) -> dict[str, Any]:
        return self._post("api/import", {"path": path, "options": dict(options)})

    def _post(self, place: str, body: Mapping[str, Any], token: str = "") -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address is from our own lock file
            self._holder.url + place,
            msgspec.json.encode(body),
            {
                "Authorization": f"Bearer {token or self._holder.token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with _opener.open(request) as response:
                return msgspec.json.decode(response.read(), type=dict[str, Any])
        except urllib.error.HTTPError as error:
            raise RemoteError(_told(error)) from error
        except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
            raise RemoteError(
                f"process {self._holder.pid} at {self._holder.url} works on the data folder but "
                f"did not answer ({error}). Wait until it has started or finished, or stop it"
            ) from error


def _told(error: urllib.error.HTTPError) -> str:
    try:
        answer = msgspec.json.decode(error.read(), type=dict[str, Any])
    except msgspec.DecodeError:
        return f"{error.url}: {error.code} {error.reason}"
    return str(answer.get("en") or answer)
