"""The private calendar addresses of reviewers."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0018_assigned_reviewers")]

    operations = [
        migrations.CreateModel(
            name="ReviewFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("made_at", models.DateTimeField()),
                ("reviewer", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="feed", to="articles.reviewer")),
            ],
            options={"ordering": ["reviewer__name"], "default_permissions": ()},
        ),
    ]
