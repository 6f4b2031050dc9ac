"""Every error of the API in one shape: `{"error": {"code": ..., "message": ..., "field": ...}}`.

`code` is for machines and stays; `message` is a sentence that may change; `field` names what to correct, where it is one field.
"""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from customer_data.denying import note_refusal
from customer_data.offer import CannotPay

logger = logging.getLogger(__name__)

CONFLICTS = frozenset({"nothing_to_pay", "booking_cancelled"})
_FIELD_IN_API = {"email": "customer_email"}

_MESSAGE_OF = {
    "parse_error": "Send one JSON object in UTF-8, with each name once.",
    "unsupported_media_type": "Send JSON, with Content-Type: application/json.",
    "not_authenticated": "Send an API key: Authorization: Api-Key <key>.",
    "throttled": "Too many requests. Wait for the number of seconds in Retry-After.",
}


class Refusal(exceptions.APIException):
    """A refusal of our own: an HTTP status, a code and a sentence."""

    def __init__(self, status_code: int, code: str, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence, code)
        self.status_code = status_code
        self.field = field


def refusal_of(problem: CannotPay) -> Refusal:
    """409 when the booking cannot be paid any more, 422 when the request can be corrected."""
    code = status.HTTP_409_CONFLICT if problem.code in CONFLICTS else status.HTTP_422_UNPROCESSABLE_ENTITY
    return Refusal(code, problem.code, str(problem), field=_FIELD_IN_API.get(problem.field, problem.field))


def answer_error(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's `EXCEPTION_HANDLER`. What nobody foresaw is logged whole and answered without a detail."""
    if isinstance(error, CannotPay):
        note_refusal(error.denial_id)
        error = refusal_of(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, context)
    if response is None:
        logger.error("The API failed.", exc_info=error)
        body = {
            "error": {
                "code": "server_error",
                "message": "Something went wrong here. Try again, with the same Idempotency-Key if you sent one.",
            }
        }
        return Response(body, status=500)
    response.data = {"error": _described(error)}
    return response


def _described(error: Exception) -> dict[str, str]:
    if isinstance(error, Refusal):
        described = {"code": _code(error), "message": str(error.detail)}
        return {**described, "field": error.field} if error.field else described
    if isinstance(error, exceptions.ValidationError):
        return _first_problem(error.detail)
    if isinstance(error, exceptions.APIException):
        code = _code(error)
        return {"code": code, "message": _MESSAGE_OF.get(code, str(error.detail))}
    return {"code": "error", "message": "The request was refused."}


def _first_problem(detail: Any) -> dict[str, str]:
    """The first field that is wrong, and why."""
    if isinstance(detail, dict) and detail:
        field, problems = next(iter(detail.items()))
        problem = problems[0] if isinstance(problems, list) and problems else problems
        if field == "non_field_errors":
            return {"code": "invalid", "message": str(problem)}
        return {"code": str(getattr(problem, "code", "invalid")), "message": f"{field}: {problem}", "field": str(field)}
    problem = detail[0] if isinstance(detail, list) and detail else detail
    return {"code": "invalid", "message": str(problem)}


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else error.default_code
