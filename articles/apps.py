from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = "Articles and reviews"

    def ready(self) -> None:
        from articles import checks, notices, publishing, shown  # noqa: F401  registering needs the models

        shown.watch()
