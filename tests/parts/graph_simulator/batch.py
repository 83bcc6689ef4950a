"""POST /v1.0/$batch: up to 20 requests in one, each answered for itself and in no order."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

from parts.graph_simulator.graph_errors import bad_request
from parts.graph_simulator.messages import JsonObject, Request, Response

MOST: Final = 20

Serve = Callable[[Request], Response]


def respond(request: Request, serve: Serve) -> Response:
    """Answer a batch with what `serve` says to each of its requests; RefusalError with 400 for a malformed one.

    The batch's own access token goes for all. dependsOn is not simulated.
    """
    inner = [_inner(request, item) for item in _items(request)]
    if len({item_id for item_id, _ in inner}) < len(inner):
        raise bad_request(request, "Batch request contains an id more than once.")
    answers = [_answer(item_id, serve(one)) for item_id, one in inner]
    random.shuffle(answers)
    return Response(200, {"responses": answers})


def _items(request: Request) -> list[Any]:
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise bad_request(request, f"Batch request is no JSON: {error}.") from None
    items = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items:
        raise bad_request(request, "Batch request has no list 'requests'.")
    if len(items) > MOST:
        raise bad_request(request, f"Number of batch request steps exceeds the maximum value of {MOST}.")
    return items


def _inner(request: Request, item: Any) -> tuple[str, Request]:
    if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in ("id", "method", "url")):
        raise bad_request(request, "Each request of a batch needs a text in id, method and url.")
    if "dependsOn" in item:
        raise bad_request(request, "dependsOn is not simulated.")
    url, method = item["url"], item["method"].upper()
    if "://" in url:
        raise bad_request(request, f"Request URL '{url}' is not relative.")
    path, _, query = f"/v1.0/{url.removeprefix('/')}".partition("?")
    given = item.get("headers") or {}
    headers = {"authorization": request.headers.get("authorization", "")}
    headers |= {str(name).lower(): str(value) for name, value in given.items() if str(name).lower() != "authorization"}
    return item["id"], Request(method, path, query, headers, inner=True)


def _answer(item_id: str, response: Response) -> JsonObject:
    answer: JsonObject = {"id": item_id, "status": response.status, "headers": dict(response.headers)}
    content = response.content()
    if not content:
        return answer
    try:
        answer["body"] = json.loads(content)
    except ValueError:
        answer["body"] = content.decode("utf-8", "replace")
    return answer
