"""What `collectstatic` makes of our CSS, and of what is not ours."""

from __future__ import annotations

import json

import pytest

from config.static_files import MinifiedStaticFilesStorage

WRITTEN = "/* Tokens. */\n:root {\n  --space: calc(1rem + 2px);\n}\n\n@container (min-width: 43rem) {\n  .a > .b { color: red; }\n}\n"


@pytest.fixture
def storage(tmp_path) -> MinifiedStaticFilesStorage:
    for folder in ("css", "wagtailadmin/css"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "site.css").write_text(WRITTEN)
    kept = MinifiedStaticFilesStorage(location=tmp_path, base_url="/static/")
    names = ("css/site.css", "wagtailadmin/css/site.css")
    assert [
        done
        for done in kept.post_process({name: (kept, name) for name in names})
        if isinstance(done[2], Exception)
    ] == []
    return kept


def hashed(storage: MinifiedStaticFilesStorage, name: str) -> str:
    manifest = json.loads(storage.read_manifest())
    with storage.open(manifest["paths"][name]) as file:
        return file.read().decode()


def test_our_css_loses_comments_and_white_space_and_nothing_else(storage):
    css = hashed(storage, "css/site.css")
    assert css == ":root{--space:calc(1rem + 2px)}@container (min-width:43rem){.a > .b{color:red}}".replace(
        " > ", ">"
    )


def test_what_is_not_ours_is_left_as_it_is(storage):
    assert hashed(storage, "wagtailadmin/css/site.css") == WRITTEN
