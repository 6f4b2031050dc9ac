"""The peer in Python: pywa's Flow handler on FastAPI and uvicorn, with the signature check that its users must add."""

import base64
import hashlib
import hmac
import json
import os
from typing import Any

from fastapi import FastAPI, Request, Response
from pywa import WhatsApp  # type: ignore[attr-defined]
from pywa.types import FlowRequest, FlowResponse  # type: ignore[attr-defined]

SECRET = os.environ["WHATSAPP_APP_SECRET"].encode()
ANSWER = json.loads(base64.b64decode(os.environ["PEER_ANSWER"]))

whatsapp = WhatsApp(
    phone_id="1",
    token="none",  # noqa: S106  nothing is sent
    business_private_key=base64.b64decode(os.environ["WHATSAPP_FLOW_PRIVATE_KEY"]).decode(),
)


def _answer(_: WhatsApp, request: FlowRequest) -> FlowResponse | dict[str, Any]:
    return {"version": request.version, **ANSWER}


handler = whatsapp.get_flow_request_handler("/flow", _answer)
app = FastAPI()


@app.get("/")
def alive() -> str:
    return "ok"


@app.post("/flow")
async def flow(request: Request) -> Response:
    body = await request.body()
    expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("x-hub-signature-256", "")):
        return Response(status_code=432)
    text, status = handler.handle(json.loads(body))
    return Response(text, status_code=status, media_type="text/plain")
