"""The two regions that ship. They are data from here on: change or add to them in the admin."""

from django.db import migrations

DISCLOSURE = "Ad: we may earn a commission if you buy through these links, at no cost to you."


def add_regions(apps, schema_editor):
    region = apps.get_model("products", "Region")
    region.objects.create(
        code="UK", name="the UK", aliases=["United Kingdom", "Great Britain", "GB"], countries=["GB", "GG", "IM", "JE"],
        currency="GBP", disclosure=DISCLOSURE, is_default=True, sort_order=0,
    )
    region.objects.create(
        code="US", name="the USA", aliases=["United States", "United States of America"], countries=["US", "PR"],
        currency="USD", disclosure=DISCLOSURE, sort_order=1,
    )


class Migration(migrations.Migration):
    dependencies = [("products", "0001_library")]

    operations = [migrations.RunPython(add_regions, migrations.RunPython.noop)]
