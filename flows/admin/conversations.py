"""The inbox of staff: who waits for a person, the whole talk with each customer, and a box to answer in."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.timezone import localtime

from customer_data.admin.desk import ReadOnlyDesk, link_to, shown
from customer_data.admin.page import Button, Heading, NotDone, Press, add_button, may_see
from customer_data.admin.payments import linked
from customer_data.admin.searching import customers_like
from customer_data.models import Customer, Proof
from flows import tasks
from flows.models import Conversation, IncomingMessage, Message
from flows.staff_replies import CannotReply, hand_back, reply, take_over, talk_of, window_closes_at

WAITS, TAKEN, MACHINE = "waits", "taken", "machine"
_COLOURS = {WAITS: "danger", TAKEN: "info", MACHINE: "success"}


class WhoAnswersFilter(admin.SimpleListFilter):
    title = "who answers"
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(WAITS, "Nobody yet: waits for a person"), ("mine", "I do"), (TAKEN, "A person"), (MACHINE, "The machine")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        chosen: dict[str, dict[str, Any]] = {
            WAITS: {"taken_by__isnull": True, "wants_person_since__isnull": False},
            "mine": {"taken_by": request.user.pk},
            TAKEN: {"taken_by__isnull": False},
            MACHINE: {"taken_by__isnull": True, "wants_person_since__isnull": True},
        }
        return queryset.filter(**chosen.get(self.value() or "", {}))


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyDesk):
    when_empty = "Whoever writes to our number on WhatsApp stands here."
    list_display = ("customer", "shown_who", "shown_last_words", "shown_heard", "shown_unread")
    list_filter = (WhoAnswersFilter,)
    list_select_related = ("customer", "taken_by")
    ordering = (F("wants_person_since").asc(nulls_last=True), F("last_heard_at").desc(nulls_last=True))
    sortable_by = ()
    search_fields = ("customer__name",)
    search_help_text = "Phone, name"
    fields = (("shown_customer", "shown_language"), ("shown_step", "shown_reminders"))
    change_form_outer_after_template = "admin/flows/talk.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        heard = IncomingMessage.objects.filter(customer=OuterRef("customer")).order_by("-pk")
        told = Message.objects.filter(customer=OuterRef("customer")).order_by("-pk")
        talks: QuerySet[Conversation] = super().get_queryset(request)
        return talks.annotate(
            last_text=Subquery(heard.values("text")[:1]),
            last_kind=Subquery(heard.values("kind")[:1]),
            last_in=Subquery(heard.values("created_at")[:1]),
            last_out=Subquery(told.values("created_at")[:1]),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(customer__in=Customer.objects.filter(customers_like(search_term))), False

    # --- The page of one talk ---------------------------------------------------------------------
    def heading(self, talk: Conversation) -> Heading:
        who, words = who_answers(talk)
        return Heading(str(talk.customer), words, _COLOURS[who], lines=(_window_line(talk),))

    def _extras(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        may_write = self.may_press(request) and window_closes_at(row) is not None
        is_others = row.taken_by_id not in (None, request.user.pk)
        extras = super()._extras(request, row)
        is_mine = row.taken_by_id == request.user.pk
        return extras | {
            "buttons": [each for each in extras["buttons"] if not (is_mine and each["button"].name == "take-over")],
            "talk": talk_of(row.customer),
            "reply_address": self._reply_address(row) if may_write and not is_others else "",
            "reply_draft": request.session.pop(_draft_of(row), ""),
            "submission": uuid.uuid4().hex,
            "may_see_proofs": may_see(request.user, Proof),
            "others_name": str(row.taken_by) if is_others else "",
        }

    def get_urls(self) -> list[URLPattern]:
        answer = path("<int:pk>/reply/", self.admin_site.admin_view(self.reply_view), name="flows_conversation_reply")
        return [answer, *super().get_urls()]

    def reply_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send what was typed, and come back to the talk."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_press(request):
            raise PermissionDenied
        talk = Conversation.objects.select_related("customer").filter(pk=pk).first()
        if talk is None:
            raise Http404
        words, submission = (request.POST.get(name, "").replace("\0", "") for name in ("words", "submission"))
        try:
            message = reply(talk, request.user, words, submission=submission[:64])
        except CannotReply as error:
            messages.error(request, str(error))
            request.session[_draft_of(talk)] = words[:5000]  # what was typed is not lost
        else:
            tasks.send_soon(message)
            messages.success(request, "Your reply is on its way.")
        return HttpResponseRedirect(link_to(talk)[0])

    def _reply_address(self, talk: Conversation) -> str:
        return reverse("admin:flows_conversation_reply", args=(talk.pk,))

    # --- Columns and fields -----------------------------------------------------------------------
    @shown("Who answers", label=_COLOURS)
    def shown_who(self, talk: Conversation) -> tuple[str, str]:
        return who_answers(talk)

    @shown("The customer's last words")
    def shown_last_words(self, talk: Any) -> str:
        words = " ".join((talk.last_text or "").split()) or (talk.last_kind or "").replace("_", " ").capitalize()
        return words if len(words) <= 60 else f"{words[:59]}…"

    @shown("Last wrote")
    def shown_heard(self, talk: Conversation) -> str:
        return f"{timesince(talk.last_heard_at, depth=1)} ago" if talk.last_heard_at else ""

    @shown("Still open", label={"unread": "warning"})
    def shown_unread(self, talk: Any) -> tuple[str, str] | None:
        with_person = talk.taken_by_id is not None or talk.wants_person_since is not None
        is_unanswered = talk.last_in is not None and (talk.last_out is None or talk.last_in > talk.last_out)
        return ("unread", "Not answered") if with_person and is_unanswered else None

    @shown("Customer")
    def shown_customer(self, talk: Conversation) -> str:
        number = f"+{talk.customer.wa_id}" if talk.customer.wa_id else "number not shared"
        return format_html("{} ({})", linked(talk.customer), number)

    @shown("Language")
    def shown_language(self, talk: Conversation) -> str:
        return {"en": "English", "sn": "Shona", "nd": "Ndebele"}.get(talk.language, talk.language)

    @shown("Where the machine stands")
    def shown_step(self, talk: Conversation) -> str:
        return talk.step.replace("_", " ").capitalize() or "At the beginning"

    @shown("Reminders")
    def shown_reminders(self, talk: Conversation) -> str:
        return "Stopped by the customer" if talk.muted_at else "Yes"


def who_answers(talk: Conversation) -> tuple[str, str]:
    """Who answers this customer now, as a mark and as words."""
    if talk.taken_by_id is not None:
        return TAKEN, f"{talk.taken_by} answers"
    if talk.wants_person_since is not None:
        return WAITS, f"Waits for a person: {timesince(talk.wants_person_since, depth=1)}"
    return MACHINE, "The machine answers"


def _window_line(talk: Conversation) -> str:
    closes = window_closes_at(talk)
    if closes is not None:
        return f"You can write until {date_format(localtime(closes), 'j M Y, H:i')}: 24 hours after the customer's last message."
    return (
        "The customer last wrote more than 24 hours ago: WhatsApp delivers no free text now. "
        "Phone them, or wait until they write again. Reminders that are approved templates still go out."
    )


def _draft_of(talk: Conversation) -> str:
    return f"reply-draft-{talk.pk}"


def _press_take_over(talk: Conversation, press: Press) -> str:
    take_over(talk, press.user)
    return "You answer this customer now; the machine is quiet. Hand the talk back when you are done."


def _press_hand_back(talk: Conversation, press: Press) -> str:
    try:
        told = hand_back(talk, press.user)
    except CannotReply as error:
        raise NotDone(str(error)) from None
    if told is None:
        return "The machine answers again when the customer writes."
    tasks.send_soon(told)
    return "The machine answers again, and the customer is told so."


add_button(
    Conversation,
    Button(
        name="take-over",
        label="Take over",
        press=_press_take_over,
        hint="You answer; the machine stays quiet until you hand back.",
        in_lists=True,
    ),
)
add_button(
    Conversation,
    Button(
        name="hand-back",
        label="Hand back",
        press=_press_hand_back,
        hint="The machine answers again, and the customer is told.",
        is_offered=lambda talk: talk.taken_by_id is not None or talk.wants_person_since is not None,
        in_lists=True,
    ),
)
