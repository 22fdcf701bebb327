from django.db import migrations, models

CAN_BE_DUE = models.Q(next_check_at__isnull=False, quarantined_at__isnull=True, enabled=True)


class Migration(migrations.Migration):
    dependencies = [("products", "0003_judge_and_alarms")]

    operations = [
        migrations.RemoveIndex(model_name="offer", name="offer_due_by_host"),
        migrations.RemoveIndex(model_name="offer", name="offer_due"),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["host", "next_check_at"], name="offer_due_by_host", condition=CAN_BE_DUE),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["next_check_at"], name="offer_due", condition=CAN_BE_DUE),
        ),
    ]
