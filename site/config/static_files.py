"""How static files are kept in production: a sheet whole and without white space, names with a hash, compressed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import rcssmin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORT = re.compile(r'@import "([\w-]+\.css)";')


def whole_sheet(css: str, read: Callable[[str], str]) -> str:
    """A sheet with what it imports in its place, minified: readers wait for one file instead of a chain of them.

    `read` gives the text of another sheet of the same folder by its name.
    """

    def inline(text: str) -> str:
        return _IMPORT.sub(lambda found: inline(read(found[1])), text)

    return rcssmin.cssmin(inline(css))


class MinifiedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage; `collectstatic` makes our own sheets whole first. What Wagtail and Django bring is left alone."""

    OURS = "css/"

    def post_process(self, paths: Mapping[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        ours = [name for name in paths if name.startswith(self.OURS) and name.endswith(".css")]
        if not dry_run:
            for name in ours:
                self._make_whole(name)
        made = {name: (self, name) for name in ours}  # Django would read each where it was collected from
        yield from super().post_process({**paths, **made}, dry_run, **options)

    def _make_whole(self, name: str) -> None:
        css = whole_sheet(self._text(name), lambda sibling: self._text(f"{self.OURS}{sibling}"))
        self.delete(name)
        self._save(name, ContentFile(css.encode()))

    def _text(self, name: str) -> str:
        with self.open(name) as file:
            text: str = file.read().decode()
        return text
