"""The groups of the desk, with exactly what each needs. They are data from here on: change them under Settings › Groups.

| permission                          | Editors                    | Medical reviewers | Commercial  |
| ----------------------------------- | -------------------------- | ----------------- | ----------- |
| the admin                           | yes                        | yes               | yes         |
| pages, the whole tree               | add, change, publish, lock, unlock | lock      | none        |
| images                              | add, change, choose        | none              | add, choose |
| documents                           | add, change, choose        | none              | none        |
| collections                         | add, change                | none              | none        |
| redirects                           | add, change, delete        | none              | none        |
| publisher settings                  | change                     | none              | none        |
| products                            | add, change, delete, withdraw | view           | add, change, withdraw |
| offers                              | add, change, delete        | view              | add, change, delete |
| retailers                           | add, change, delete        | none              | add, change |
| programmes                          | view                       | none              | add, change |
| regions                             | view                       | none              | add, change |
| authors                             | add, change, delete        | none              | none        |
| reviewers, review tiers             | view                       | view              | none        |
| sign-offs                           | view                       | view, sign        | none        |

Why not more:
- Who may sign, and how often articles are reviewed, is for administrators (superusers): an editor who could make
  reviewers, or verify their registration, could vouch for their own words.
- Reviewers change no page: nobody may sign what they edited. To lock pages is the least that shows them the tree,
  and it holds an article still while they read it.
- What pays us is for the commercial side; editors choose among the programmes that stand.

Wagtail's own "Moderators" stay: its default workflow waits for them.
"""

from django.contrib.auth.management import create_permissions
from django.db import migrations

APPS = ("wagtailcore", "wagtailimages", "wagtaildocs", "wagtailredirects", "products", "articles")

MODELS = {
    "Editors": {
        "wagtailadmin.admin": ["access"],
        "wagtailredirects.redirect": ["add", "change", "delete"],
        "articles.publishersettings": ["change"],
        "products.product": ["add", "change", "delete", "withdraw"],
        "products.offer": ["add", "change", "delete"],
        "products.retailer": ["add", "change", "delete"],
        "products.programme": ["view"],
        "products.region": ["view"],
        "articles.author": ["add", "change", "delete"],
        "articles.reviewer": ["view"],
        "articles.reviewtier": ["view"],
        "articles.medicalreview": ["view"],
    },
    "Medical reviewers": {
        "wagtailadmin.admin": ["access"],
        "products.product": ["view"],
        "products.offer": ["view"],
        "articles.reviewer": ["view"],
        "articles.reviewtier": ["view"],
        "articles.medicalreview": ["view", "sign"],
    },
    "Commercial": {
        "wagtailadmin.admin": ["access"],
        "products.product": ["add", "change", "withdraw"],
        "products.offer": ["add", "change", "delete"],
        "products.retailer": ["add", "change"],
        "products.programme": ["add", "change"],
        "products.region": ["add", "change"],
    },
}
PAGES = {
    "Editors": ["add", "change", "publish", "lock", "unlock"],
    "Medical reviewers": ["lock"],
}
COLLECTIONS = {
    "Editors": {
        "wagtailimages.image": ["add", "change", "choose"],
        "wagtaildocs.document": ["add", "change", "choose"],
        "wagtailcore.collection": ["add", "change"],
    },
    "Commercial": {"wagtailimages.image": ["add", "choose"]},
}


def add_groups(apps, schema_editor):
    for label in APPS:  # Django makes permissions after the last migration: too late for this one
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None

    permission_model = apps.get_model("auth", "Permission")

    def permissions(model, verbs):
        app_label, name = model.split(".")
        codenames = ["access_admin"] if name == "admin" else [f"{verb}_{name}" for verb in verbs]
        found = permission_model.objects.filter(content_type__app_label=app_label, codename__in=codenames)
        assert len(found) == len(codenames), f"{model} lacks one of {codenames}"
        return found

    root_page = apps.get_model("wagtailcore", "Page").objects.get(depth=1)
    root_collection = apps.get_model("wagtailcore", "Collection").objects.get(depth=1)
    page_permission = apps.get_model("wagtailcore", "GroupPagePermission")
    collection_permission = apps.get_model("wagtailcore", "GroupCollectionPermission")
    for name, models in MODELS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.set([permission for model, verbs in models.items() for permission in permissions(model, verbs)])
        for permission in permissions("wagtailcore.page", PAGES.get(name, [])):
            page_permission.objects.get_or_create(group=group, page=root_page, permission=permission)
        for model, verbs in COLLECTIONS.get(name, {}).items():
            for permission in permissions(model, verbs):
                collection_permission.objects.get_or_create(
                    group=group, collection=root_collection, permission=permission
                )


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0005_home_page"),
        ("products", "0002_first_regions"),
        ("wagtailadmin", "0001_create_admin_access_permissions"),
        ("wagtailcore", "0098_apitoken"),
        ("wagtaildocs", "0014_alter_document_file_size"),
        ("wagtailimages", "0027_image_description"),
        ("wagtailredirects", "0008_add_verbose_name_plural"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(add_groups, migrations.RunPython.noop)]
