from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

from desk.models.role import give_roles


def make_groups(apps: Any, schema_editor: Any) -> None:
    """Permissions are made once all migrations have run, so those that exist by now are made here first.

    What later migrations bring is given after them, by the same rule: each permission once.
    """
    for app in apps.get_app_configs():
        app.models_module = True  # an app as it was has no module; without one no permissions are made
        create_permissions(app, apps=apps, verbosity=0)
        app.models_module = None
    give_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0004_second_step_and_roles"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("rest_framework_api_key", "0005_auto_20220110_1102"),
        ("customer_data", "0008_refunds_proofs_and_the_desk"),
        ("paynow_integration", "0002_each_integration_once_and_unjudged_updates_found"),
        ("offline_payments", "0001_places_to_pay"),
        ("flows", "0008_first_update_of_a_sender"),
    ]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
