"""`./manage.py reset_second_step <name>`: for the last owner, whose phone and recovery codes are gone."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from customer_data.who import acting
from desk.sign_in.second_step import reset, write_down


class Command(BaseCommand):
    help = "Removes somebody's authenticator app; a new one is set up at the next sign-in. An owner can do it by a button."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name")
        parser.add_argument("--reason", required=True, help="kept in the history of the user's page")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['name']}.")
        with acting("command", options["reason"]):
            was_there = reset(user)
            write_down(user, user, f"Reset the second step, by a command on the server: {options['reason']}")
        self.stdout.write("Done: a new app is set up at the next sign-in." if was_there else "Nothing to reset: no app was set up.")
