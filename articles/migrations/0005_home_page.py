"""A home page in place of Wagtail's welcome page, so that a new site can take its first body area."""

from django.db import migrations


def add_home_page(apps, schema_editor):
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="articles", model="homepage")
    site_model = apps.get_model("wagtailcore", "Site")
    page_model = apps.get_model("wagtailcore", "Page")
    root = page_model.objects.filter(depth=1).first()
    if root is None or apps.get_model("articles", "HomePage").objects.exists():
        return
    page_model.objects.filter(path="00010001", slug="home", content_type__model="page").delete()
    if page_model.objects.filter(path="00010001").exists():
        return  # this database has a site of its own
    home = apps.get_model("articles", "HomePage").objects.create(
        title="Home", draft_title="Home", slug="home", content_type=content_type, path="00010001", depth=2, numchild=0,
        url_path="/home/", locale_id=root.locale_id, live=True,
    )
    page_model.objects.filter(pk=root.pk).update(numchild=1)
    site_model.objects.update_or_create(is_default_site=True, defaults={"hostname": "localhost", "root_page_id": home.pk})


class Migration(migrations.Migration):
    dependencies = [("articles", "0004_first_tiers"), ("wagtailcore", "0098_apitoken")]

    operations = [migrations.RunPython(add_home_page, migrations.RunPython.noop)]
