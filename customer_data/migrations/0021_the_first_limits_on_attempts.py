"""Limits that no honest customer meets, until the owner sets others."""

from django.db import migrations

FIRST = {
    ("phone", 1): (12, 8),
    ("phone", 24): (40, 20),
    ("customer", 1): (20, 12),
    ("customer", 24): (60, 30),
}


def set_first_limits(apps, schema_editor):
    AttemptLimit = apps.get_model("customer_data", "AttemptLimit")
    for (per, hours), (attempts, unpaid) in FIRST.items():
        facts = {"most_attempts": attempts, "most_unpaid_in_a_row": unpaid}
        AttemptLimit.objects.get_or_create(per=per, hours=hours, defaults=facts)


class Migration(migrations.Migration):
    dependencies = [
        ("customer_data", "0020_attempts_of_a_phone_are_found"),
    ]

    operations = [migrations.RunPython(set_first_limits, migrations.RunPython.noop)]
