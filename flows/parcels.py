"""What a waiting message is made of when it is sent: the form behind its button, its file at Meta, or an approved template."""

from typing import cast

from django.db.models import Case, IntegerField, Value, When

from flows.files import file_for
from flows.message_json import Parts
from flows.models import Conversation, FlowSession, Message, WhatsAppFlow, WhatsAppTemplate
from flows.outgoing import Document, FlowButton, Image, Outgoing, Template, from_content
from flows.sentences import ENGLISH
from flows.whatsapp import NotSent, SendUnknown, WhatsAppClient
from flows.window import is_closed


class NoTemplate(Exception):
    """The customer wrote more than 24 hours ago, and there is no approved template for this."""


def pack(message: Message, client: WhatsAppClient) -> tuple[Outgoing, Parts]:
    """What to give WhatsApp. Uploads a file first. Raises NoTemplate, ValueError and the errors of `flows.whatsapp`."""
    outgoing = _chosen(message)
    if isinstance(outgoing, Template):
        return outgoing, _template_parts(message, outgoing)
    if isinstance(outgoing, FlowButton):
        return outgoing, _form_parts(outgoing.session_id)
    if isinstance(outgoing, Document | Image):
        return outgoing, Parts(media_id=message.content.get("media_id") or _uploaded(message, outgoing, client))
    return outgoing, Parts()


def fallback_of(message: Message) -> Template | None:
    """The template that stands in outside the window, if its writer named one."""
    kept = message.content.get("fallback")
    return cast(Template, from_content("template", kept)) if kept else None


def _chosen(message: Message) -> Outgoing:
    outgoing = from_content(message.kind, message.content)
    if isinstance(outgoing, Template) or not (message.content.get("as_template") or is_closed(message.customer)):
        return outgoing
    fallback = fallback_of(message)
    if fallback is None:
        raise NoTemplate(
            "The customer last wrote more than 24 hours ago, and no template is meant for this message. "
            "Phone the customer, or wait until they write."
        )
    return fallback


def _template_parts(message: Message, template: Template) -> Parts:
    approved = _approved(message, template.purpose)
    facts = dict(template.facts)
    missing = [name for name in approved.parameters if name not in facts]
    if missing:
        raise ValueError(f"The template {approved} asks for {', '.join(missing)}, which this message does not have.")
    token = _session(template.session_id).token if template.session_id else ""
    values = tuple(facts[name] for name in approved.parameters)
    return Parts(template_name=approved.name, template_language=approved.language, values=values, flow_token=token)


def _approved(message: Message, purpose: str) -> WhatsAppTemplate:
    """In the customer's language, else in English of any country."""
    talk = Conversation.objects.filter(customer=message.customer).first()
    language = talk.language if talk else ENGLISH
    rank = Case(
        When(language=language, then=Value(0)),
        When(language=ENGLISH, then=Value(1)),
        When(language__startswith="en_", then=Value(2)),
        output_field=IntegerField(),
    )
    known = WhatsAppTemplate.objects.filter(purpose=purpose, status=WhatsAppTemplate.Status.APPROVED)
    found = known.annotate(rank=rank).filter(rank__isnull=False).order_by("rank", "pk").first()
    if found is None:
        raise NoTemplate(
            f"The customer last wrote more than 24 hours ago, and Meta has approved no template for {purpose}. "
            "Phone the customer, or wait until they write."
        )
    return found


def _form_parts(session_id: int) -> Parts:
    session = _session(session_id)
    flow = WhatsAppFlow.objects.filter(name=session.flow_name).exclude(flow_id="").first()
    if flow is None:
        raise NotSent(f"The Flow {session.flow_name} is not at Meta yet. Publish it first.")
    return Parts(flow_id=flow.flow_id, flow_token=session.token, flow_mode="draft" if flow.status == "DRAFT" else "published")


def _session(session_id: int) -> FlowSession:
    session = FlowSession.objects.filter(pk=session_id).first()
    if session is None:
        raise ValueError(f"The form {session_id} of this message is not there.")
    return session


def _uploaded(message: Message, outgoing: Document | Image, client: WhatsAppClient) -> str:
    """The file's id at Meta, kept for the next try."""
    file = file_for(outgoing.source)
    name = outgoing.file_name if isinstance(outgoing, Document) else "picture.png"
    try:
        media_id = client.upload_media(file.content, file_name=name, mime_type=file.mime_type)
    except SendUnknown as error:  # the customer sees nothing of a file that is uploaded twice
        raise NotSent(f"The file could not be uploaded. {error}") from None
    message.content["media_id"] = media_id
    Message.objects.filter(pk=message.pk, status=Message.Status.SENDING).update(content=message.content)
    return media_id
