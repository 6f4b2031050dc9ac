"""What each kind of answer tells a browser: which scripts may run, who may frame it, what may be known of it elsewhere.

No page of ours has a script in its text, and none makes a script of text: `script-src` names our own files and nothing else. Styles
may stand in a page (`unsafe-inline`): the admin's look sets its colours and widths so, and a style takes no data out that the other
directives do not let out.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_Policy = dict[str, str]

_NOTHING: _Policy = {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'"}

_STAFF: _Policy = _NOTHING | {
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",  # a slip that is a PDF
    "form-action": "'self'",
    "manifest-src": "'self'",
}


def written(policy: _Policy) -> str:
    """As it stands in the header."""
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


NOTHING = written(_NOTHING)
"""For data and for what is no page: whoever opens it as one sees text that can do nothing."""

STAFF = written(_STAFF)
"""For the staff's pages and the description of the API: our own files, and nothing from elsewhere."""

PLAIN = written(_NOTHING | {"style-src": "'unsafe-inline'", "img-src": "data:", "form-action": "'self'"})
"""For the few pages outside the admin: no script at all."""

PDF = written(_NOTHING | {"object-src": "'self'", "style-src": "'unsafe-inline'"})
"""For receipts and letters that we made: what a browser's own viewer needs, and no sandbox, in which it shows no PDF."""

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), "
    "payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=()",
}

_STAFF_PATHS = ("/admin/", "/crm-api/docs/")


def policy_for(path: str, content_type: str) -> str:
    """The policy of an answer that has none of its own, by its address and its kind."""
    if content_type.startswith("application/pdf"):
        return PDF
    if not content_type.startswith(("text/html", "application/xhtml")):
        return NOTHING
    if path.startswith(_STAFF_PATHS):
        return STAFF
    return PLAIN


def headers_of_every_answer(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The outermost middleware, also around static files and refusals. What a view has set itself stays: it knows what it shows."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in EVERYWHERE.items():
            response.headers.setdefault(name, value)
        if "Content-Security-Policy" not in response:
            response["Content-Security-Policy"] = policy_for(request.path, response.get("Content-Type", ""))
        return response

    return answer
