"""`./manage.py forget_old`: keep to the timetable of what is deleted or emptied when; or only look what would go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from desk.retention import keep_to_the_timetable, what_would_go


class Command(BaseCommand):
    help = "Deletes and empties what is not kept any longer, as the clock does every day. Money and its record are never touched."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--look", action="store_true", help="Only say what would go, and after how many days. Counts tables.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["look"]:
            for rule, count in what_would_go():
                when = f"{rule.then} after {rule.days} days" if rule.days else "kept for good"
                self.stdout.write(f"{count:>9,}  {rule.what}: {when} (KEEP_{rule.setting}_DAYS)")
            return
        for what, count in keep_to_the_timetable().items():
            self.stdout.write(f"{count:>9,}  {what}")
