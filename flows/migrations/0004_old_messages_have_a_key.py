"""Messages from before had no key: each gets one that names it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("flows", "0003_the_talk_and_its_messages")]

    operations = [
        migrations.RunSQL(
            "UPDATE flows_message SET key = COALESCE('event-' || event_id || '-text', 'message-' || id),"
            " content = jsonb_build_object('kind', 'text', 'body', body) WHERE key IS NULL",
            migrations.RunSQL.noop,
        ),
    ]
