"""What `collectstatic` makes of our CSS, and of what is not ours."""

from __future__ import annotations

import json

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from config.static_files import MinifiedStaticFilesStorage

WRITTEN = "/* Tokens. */\n:root {\n  --space: calc(1rem + 2px);\n}\n\n@container (min-width: 43rem) {\n  .a > .b { color: red; }\n}\n"
OWN = ".article {\n  margin: 0;\n}\n"
SMALL = ":root{--space:calc(1rem + 2px)}@container (min-width:43rem){.a>.b{color:red}}"


@pytest.fixture
def storage(tmp_path) -> MinifiedStaticFilesStorage:
    sources, kept = (
        FileSystemStorage(location=tmp_path / "sources"),
        MinifiedStaticFilesStorage(location=tmp_path / "kept", base_url="/static/"),
    )
    written = {
        "css/article.css": f'/* Articles. */\n@import "site.css";\n{OWN}',
        "css/site.css": WRITTEN,
        "wagtailadmin/css/site.css": WRITTEN,
    }
    for name, text in written.items():  # as `collectstatic` copies them
        sources.save(name, ContentFile(text))
        kept._save(name, ContentFile(text))
    found = kept.post_process({name: (sources, name) for name in written})
    assert [done for done in found if isinstance(done[2], Exception)] == []
    return kept


def hashed(storage: MinifiedStaticFilesStorage, name: str) -> str:
    manifest = json.loads(storage.read_manifest())
    with storage.open(manifest["paths"][name]) as file:
        return file.read().decode()


def test_our_css_loses_comments_and_white_space_and_nothing_else(storage):
    assert hashed(storage, "css/site.css") == SMALL


def test_a_sheet_holds_what_it_imports(storage):
    assert hashed(storage, "css/article.css") == f"{SMALL}.article{{margin:0}}"


def test_what_is_not_ours_is_left_as_it_is(storage):
    assert hashed(storage, "wagtailadmin/css/site.css") == WRITTEN
