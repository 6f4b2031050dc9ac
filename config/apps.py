"""The roof as a Django app: it carries the commands that need the whole house."""

from celery.signals import task_postrun, task_prerun
from django.apps import AppConfig

from customer_data.correlation import step_taken


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Paydesk"

    def ready(self) -> None:
        """What is counted: steps and tasks; and what the environment has sent elsewhere."""
        from config import metrics, telemetry  # noqa: PLC0415  they read the settings

        step_taken.connect(metrics.count_step, dispatch_uid="metrics")
        task_prerun.connect(metrics.begin_task, dispatch_uid="metrics")
        task_postrun.connect(metrics.end_task, dispatch_uid="metrics")
        telemetry.switch_on()
