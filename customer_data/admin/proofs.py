"""The review queue: what was handed in beside what it claims and what is owed, and the two decisions about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_sameorigin

from customer_data.admin.desk import ReadOnlyDesk, shown
from customer_data.admin.page import Heading, Panel, add_panel, may_see
from customer_data.admin.payments import linked
from customer_data.file_kinds import FileKind
from customer_data.models import Booking, Payment, Proof, ProofFile, ProofStatus
from customer_data.money import show_amount
from customer_data.services.proof_findings import findings_of

MAY_REVIEW = "customer_data.review_proof"
FILE_ADDRESS, PREVIEW_ADDRESS = "customer_data_proof_file", "customer_data_proof_preview"

COLOUR_OF_PROOF = {ProofStatus.WAITING: "warning", ProofStatus.APPROVED: "success", ProofStatus.REJECTED: "danger"}

# A stranger's file: nothing in it runs, it loads nothing, and no machine on the way keeps it.
_KEPT_TO_ITSELF = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PICTURE_POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
# Browsers show no PDF in a sandbox. It was written anew by us, and their viewers run nothing of ours.
_PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


class WaitingFilter(admin.SimpleListFilter):
    """What waits for a decision, unless something else is asked for."""

    title = "how it stands"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("approved", "Approved"), ("rejected", "Rejected"), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        query = changelist.get_query_string
        yield {"selected": self.value() is None, "query_string": query(remove=["status"]), "display": "Waiting for review"}
        for value, words in self.lookup_choices:
            yield {"selected": self.value() == value, "query_string": query({"status": value}), "display": words}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Proof]) -> QuerySet[Proof]:
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or ProofStatus.WAITING)


@admin.register(Proof)
class ProofAdmin(ReadOnlyDesk):
    when_empty = (
        "Nothing waits for review. Slips that customers send in the chat stand here, and what staff hand in on a booking's page."
    )
    list_display = (
        "shown_preview",
        "submitted_at",
        "shown_from",
        "shown_booking",
        "says_and_owed",
        "shown_doubts",
        "shown_status",
    )
    list_display_links = ("submitted_at",)
    list_filter = (WaitingFilter, "kind")
    list_select_related = ("booking", "customer", "payment", "submitted_by", "decided_by")
    ordering = ("-submitted_at",)
    sortable_by = ("submitted_at",)
    search_fields = ("=booking__booking_reference", "=claimed_reference", "=received_reference")
    search_help_text = "Booking, bank's or wallet's reference"
    fields = (
        ("shown_booking", "shown_payment"),
        ("shown_from", "shown_phone"),
        ("shown_claim", "shown_owed"),
        ("shown_reference", "claimed_on"),
        ("submitted_at", "shown_handed_in_by"),
    )
    decided_fields = (
        ("shown_received", "shown_received_reference"),
        ("decided_by", "decided_at"),
        ("shown_settled", "shown_decision"),
    )
    change_form_outer_before_template = "admin/desk/proof.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see(request.user, Proof) or bool(request.user.has_perm(MAY_REVIEW))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, {"title": "Proofs of payment", **(extra_context or {})})
        return response

    # --- The file ---------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        private = self.admin_site.admin_view
        file = path("<int:proof_id>/file/", private(xframe_options_sameorigin(self.file_view)), name=FILE_ADDRESS)
        preview = path("<int:proof_id>/preview/", private(self.preview_view), name=PREVIEW_ADDRESS)
        return [file, preview, *super().get_urls()]

    def file_view(self, request: HttpRequest, proof_id: int) -> HttpResponse:
        file = self._file(request, proof_id)
        policy = _PDF_POLICY if file.media_type == FileKind.PDF else _PICTURE_POLICY
        ending = file.media_type.rpartition("/")[2]
        headers = {"Content-Disposition": f'inline; filename="proof-{proof_id}.{ending}"', "Content-Security-Policy": policy}
        return HttpResponse(bytes(file.content), content_type=file.media_type, headers={**_KEPT_TO_ITSELF, **headers})

    def preview_view(self, request: HttpRequest, proof_id: int) -> HttpResponse:
        file = self._file(request, proof_id, "content")
        if not file.preview:
            raise Http404
        headers = {"Content-Disposition": "inline", "Content-Security-Policy": _PICTURE_POLICY}
        return HttpResponse(bytes(file.preview), content_type=FileKind.JPEG.value, headers={**_KEPT_TO_ITSELF, **headers})

    def _file(self, request: HttpRequest, proof_id: int, *unread: str) -> ProofFile:
        if not self.has_view_permission(request):
            raise PermissionDenied
        file = ProofFile.objects.filter(proof=proof_id).defer(*unread).first()
        if file is None:
            raise Http404
        return file

    # --- The page ---------------------------------------------------------------------------------
    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The picture stands beside the decision: nobody approves what is not before their eyes."""
        proof = kwargs.get("obj")
        if proof is not None:
            media_type = ProofFile.objects.filter(proof=proof).values_list("media_type", flat=True).first()
            context |= {"file_address": reverse(f"admin:{FILE_ADDRESS}", args=(proof.pk,)) if media_type else ""}
            context |= {"is_pdf": media_type == FileKind.PDF, "findings": _findings(proof)}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        is_decided = obj is not None and obj.status != ProofStatus.WAITING
        return (*self.fields, *(self.decided_fields if is_decided else ()))

    def heading(self, proof: Proof) -> Heading:
        about = (
            f" for {proof.booking.booking_reference}, {proof.booking.title}" if proof.booking is not None else " without a booking"
        )
        lines = [f"It says {_claim(proof)}. {_asked(proof)}"]
        if proof.status == ProofStatus.APPROVED and proof.received_amount is not None and proof.booking is not None:
            lines.append(f"{show_amount(proof.received_amount, proof.booking.currency)} was found on our statement and booked.")
        if proof.status == ProofStatus.REJECTED:
            lines.append(f"Rejected: {proof.decision}")
        return Heading(
            f"{proof.get_kind_display()}{about}",
            proof.get_status_display(),
            COLOUR_OF_PROOF[ProofStatus(proof.status)],
            is_test=proof.payment is not None and proof.payment.is_test,
            lines=tuple(lines),
        )

    # --- Columns and fields -----------------------------------------------------------------------
    @shown("What")
    def shown_preview(self, proof: Proof) -> str:
        if not proof.likeness:  # only pictures have one, and only they have a preview
            return proof.get_kind_display()
        words = (
            '<img src="{}" alt="{}" loading="lazy" style="height: 6rem; width: 4.5rem; object-fit: cover; object-position: top">'
        )
        return format_html(words, reverse(f"admin:{PREVIEW_ADDRESS}", args=(proof.pk,)), proof.get_kind_display())

    @shown("From")
    def shown_from(self, proof: Proof) -> str:
        return linked(proof.customer) if proof.customer is not None else "Not known"

    @shown("Phone")
    def shown_phone(self, proof: Proof) -> str:
        return proof.customer.known_phone if proof.customer is not None else ""

    @shown("Booking")
    def shown_booking(self, proof: Proof) -> str:
        return linked(proof.booking, proof.booking.booking_reference) if proof.booking is not None else "None yet"

    @shown("Handed in for")
    def shown_payment(self, proof: Proof) -> str:
        return linked(proof.payment, proof.payment.reference) if proof.payment is not None else "No payment in particular"

    @shown("It says", header=True)
    def says_and_owed(self, proof: Proof) -> Sequence[str]:
        owed = self.shown_owed(proof)
        return _claim(proof), f"{owed} {'asked for' if proof.payment else 'owed'}" if owed else ""

    @shown("It says")
    def shown_claim(self, proof: Proof) -> str:
        return _claim(proof)

    @shown("Asked for or owed")
    def shown_owed(self, proof: Proof) -> str:
        if proof.payment is not None:
            return proof.payment.amount_shown
        return proof.booking.balance_shown if proof.booking is not None else ""

    @shown("Look out", label={"doubts": "danger", "none": "success"})
    def shown_doubts(self, proof: Proof) -> tuple[str, str]:
        found = len(proof.findings)
        return ("doubts", f"{found} to look at") if found else ("none", "Nothing found")

    @shown("How it stands", label=COLOUR_OF_PROOF)
    def shown_status(self, proof: Proof) -> tuple[str, str]:
        by = f" by {proof.decided_by}" if proof.decided_by is not None else ""
        return proof.status, f"{proof.get_status_display()}{by}"

    @shown("Handed in by")
    def shown_handed_in_by(self, proof: Proof) -> str:
        return str(proof.submitted_by) if proof.submitted_by is not None else "The customer, in the chat"

    @shown("Found on our statement")
    def shown_received(self, proof: Proof) -> str:
        if proof.received_amount is None or proof.booking is None:
            return ""
        return show_amount(proof.received_amount, proof.booking.currency)

    @shown("Reference on our statement")
    def shown_received_reference(self, proof: Proof) -> str:
        return proof.received_reference

    @shown("Its reference")
    def shown_reference(self, proof: Proof) -> str:
        return proof.claimed_reference

    @shown("What the customer was told")
    def shown_decision(self, proof: Proof) -> str:
        return proof.decision

    @shown("Booked as")
    def shown_settled(self, proof: Proof) -> str:
        return linked(proof.settled, proof.settled.reference) if proof.settled is not None else ""


def _claim(proof: Proof) -> str:
    if proof.claimed_amount is None:
        return "no amount that we can read"
    if not proof.claimed_currency:
        return f"{proof.claimed_amount:,.2f}, in no currency that we can read"
    return show_amount(proof.claimed_amount, proof.claimed_currency)


def _asked(proof: Proof) -> str:
    if proof.payment is not None:
        return f"Asked for was {proof.payment.amount_shown}."
    return (
        f"Still owed is {proof.booking.balance_shown}." if proof.booking is not None else "Say first which booking it belongs to."
    )


def _findings(proof: Proof) -> list[tuple[str, str]]:
    """Each sentence, with the address of the proof that it speaks of. Looked up now: what came later counts too."""
    if proof.status != ProofStatus.WAITING:
        return [(sentence, "") for sentence in proof.findings]
    found = findings_of(proof)
    return [
        (each.sentence, reverse("admin:customer_data_proof_change", args=(each.seen_in,)) if each.seen_in else "") for each in found
    ]


def _proofs_of(row: Booking | Payment) -> Iterator[Sequence[object]]:
    for proof in row.proofs.select_related("decided_by", "booking").order_by("-submitted_at"):
        decided = f"{proof.get_status_display()} by {proof.decided_by}" if proof.decided_by else proof.get_status_display()
        yield proof.submitted_at, linked(proof, proof.get_kind_display()), _claim(proof), decided


for _model in (Booking, Payment):
    add_panel(
        _model,
        Panel("Proofs of payment", Proof, ("When", "What", "It says", "How it stands"), _proofs_of),
    )
