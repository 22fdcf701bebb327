"""Editors choose when the day's mail is sent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0019_review_feeds")]

    operations = [
        migrations.AddField(
            model_name="publishersettings",
            name="digest_hour",
            field=models.PositiveSmallIntegerField(
                "send the day's mail from",
                null=True,
                blank=True,
                choices=[(hour, f"{hour:02}:00") for hour in range(24)],
                help_text="The one mail a day with the reviews and the links that wait for somebody, in the site's time zone. "
                "Not chosen: when the installation says. Of several sites, the default one counts.",
            ),
        ),
    ]
