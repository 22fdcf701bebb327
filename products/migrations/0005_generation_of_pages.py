import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("products", "0004_claim_by_index_alone")]

    operations = [
        migrations.CreateModel(
            name="Generation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4)),
            ],
        ),
    ]
