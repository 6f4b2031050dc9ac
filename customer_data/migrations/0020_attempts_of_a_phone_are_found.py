"""Beside a working shop: the index is built without keeping anybody from paying."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("customer_data", "0019_the_deny_list_and_limits_on_attempts"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("phone", ""), _negated=True),
                fields=["phone", "created_at"],
                name="payment_attempts_of_a_phone",
            ),
        ),
    ]
