"""How static files are kept in production: CSS without its white space and comments, names with a hash, compressed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import rcssmin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage


class MinifiedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage; `collectstatic` minifies our own CSS first. What Wagtail and Django bring is left as it is."""

    OURS = "css/"

    def post_process(self, paths: Mapping[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            for name in paths:
                if name.startswith(self.OURS) and name.endswith(".css"):
                    self._minify(name)
        yield from super().post_process(paths, dry_run, **options)

    def _minify(self, name: str) -> None:
        with self.open(name) as file:
            css = file.read().decode()
        self.delete(name)
        self._save(name, ContentFile(rcssmin.cssmin(css).encode()))
