"""Templates are read from Meta; what staff entered about them stays."""

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from customer_data.tests.desk import desk, list_of
from flows.models import WhatsAppTemplate
from flows.simulator import GraphSimulator
from flows.templates_at_meta import sync_templates
from flows.whatsapp import client_from_settings

pytestmark = pytest.mark.django_db


def test_every_template_is_written_down_with_its_state(graph: GraphSimulator) -> None:
    assert sync_templates(client_from_settings()) == len(graph.templates)
    known = {row.name: row for row in WhatsAppTemplate.objects.all()}
    assert known.keys() == {template.name for template in graph.templates}
    assert known["balance_reminder"].status == "APPROVED"
    assert "{{1}}" in known["balance_reminder"].body


def test_what_staff_entered_stays_and_what_meta_changed_changes(graph: GraphSimulator) -> None:
    sync_templates(client_from_settings())
    first = graph.templates[0]
    WhatsAppTemplate.objects.filter(name=first.name).update(purpose="ours", parameters=["amount"])
    graph.templates[0] = replace(first, status="PAUSED", body="New {{1}}")
    sync_templates(client_from_settings())
    row = WhatsAppTemplate.objects.get(name=first.name)
    assert (row.purpose, row.parameters, row.status, row.body) == ("ours", ["amount"], "PAUSED", "New {{1}}")


def test_a_template_that_is_gone_or_in_a_state_we_do_not_know_is_not_used(graph: GraphSimulator) -> None:
    sync_templates(client_from_settings())
    gone = graph.templates.pop(0)
    odd = graph.templates[0] = replace(graph.templates[0], status="ODD")
    sync_templates(client_from_settings())
    assert {WhatsAppTemplate.objects.get(name=name).status for name in (gone.name, odd.name)} == {"DISABLED"}


def test_the_command_says_how_many_or_why_not(graph: GraphSimulator, settings: Any) -> None:
    out = StringIO()
    call_command("sync_templates", stdout=out)
    assert f"{len(graph.templates)} message templates" in out.getvalue()
    settings.WHATSAPP_ACCESS_TOKEN = ""
    with pytest.raises(CommandError, match="WHATSAPP_ACCESS_TOKEN is not set"):
        call_command("sync_templates")


def test_staff_load_them_and_enter_their_purpose(graph: GraphSimulator) -> None:
    row = WhatsAppTemplate.objects.create(purpose="x", name="payment_failed")
    staff = desk("view_whatsapptemplate", "change_whatsapptemplate")
    assert "at Meta" in staff.told(staff.press(row, "load"))[0]
    assert "Approved" in staff.page(row)


def test_the_first_templates_are_loaded_from_the_list_itself(graph: GraphSimulator) -> None:
    clerk = desk("view_whatsapptemplate", "change_whatsapptemplate")
    load = reverse("admin:flows_whatsapptemplate_load")
    assert f'action="{load}"' in clerk.get(list_of(WhatsAppTemplate)).content.decode()
    answer = clerk.web.post(load)
    assert clerk.told(answer) == [f"{len(graph.templates)} message templates are at Meta. This is how they stand now."]
    assert WhatsAppTemplate.objects.count() == len(graph.templates)


def test_who_may_only_look_at_templates_loads_none(graph: GraphSimulator) -> None:
    viewer, load = desk("view_whatsapptemplate"), reverse("admin:flows_whatsapptemplate_load")
    assert load not in viewer.get(list_of(WhatsAppTemplate)).content.decode()
    assert viewer.web.post(load).status_code == 403
    assert viewer.get(load).status_code == 405
    assert not WhatsAppTemplate.objects.exists()


def test_that_meta_could_not_be_asked_is_a_sentence(settings: Any) -> None:
    settings.WHATSAPP_ACCESS_TOKEN = ""
    clerk = desk("view_whatsapptemplate", "change_whatsapptemplate")
    told = clerk.told(clerk.web.post(reverse("admin:flows_whatsapptemplate_load")))
    assert told[0].startswith("Meta did not say which templates there are.")
