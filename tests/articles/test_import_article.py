"""`manage.py import_article`: what it says, what it leaves, and its exit code."""

import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from wagtail.models import Page, Revision

from articles.models import ArticleImport, BodyAreaPage, ConditionPage
from products.models import Product
from tests.articles.importers.test_load import TEXT
from tests.factories import BodyAreaPageFactory, live
from tests.processes import environment, manage

pytestmark = pytest.mark.django_db


@pytest.fixture
def area() -> BodyAreaPage:
    return BodyAreaPageFactory(title="Wrist")


@pytest.fixture
def text(tmp_path) -> Path:
    path = tmp_path / "wrist.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def run(path: Path, capsys, *options: str) -> str:
    call_command("import_article", path, *options, no_color=True)
    return capsys.readouterr().out


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Page, Revision, ArticleImport, Product))


def test_it_says_line_by_line_what_it_made_of_the_text_and_what_to_look_at(area, text, capsys):
    said = run(text, capsys)
    assert "Title: “Wrist Ache After Rowing”." in said
    assert "Review claimed by Dr Mira Holt on 5 May 2022." in said
    assert "Please look at:" in said
    assert said.endswith(
        '"Wrist Ache After Rowing" created (draft; matching key: wrist-ache-after-rowing).\n'
    )
    assert not ConditionPage.objects.get().live


def test_it_publishes_where_asked_and_changes_nothing_the_second_time(area, text, capsys):
    assert "created (live;" in run(text, capsys, "--publish")
    before = rows()
    assert "unchanged (live;" in run(text, capsys, "--publish")
    assert rows() == before


def test_a_dry_run_writes_nothing(area, text, capsys):
    before = rows()
    assert '"Wrist Ache After Rowing" would be created (live;' in run(text, capsys, "--dry-run", "--publish")
    assert "would be created (draft;" in run(text, capsys, "--dry-run")
    assert rows() == before


def test_it_puts_a_new_article_in_the_body_area_named_or_in_the_first(text, capsys):
    first, second = BodyAreaPageFactory(title="Hand"), BodyAreaPageFactory(title="Wrist")
    run(text, capsys, "--under", "wrist")
    assert ConditionPage.objects.get().get_parent() == second.page_ptr
    text.write_text(TEXT.replace("Wrist Ache After", "Sore Hands After"))
    run(text, capsys)
    assert ConditionPage.objects.get(slug="sore-hands-after-rowing").get_parent() == first.page_ptr


def test_an_unknown_body_area_is_refused_with_those_that_there_are(area, text, capsys):
    BodyAreaPageFactory(title="Hand")
    with pytest.raises(CommandError, match=r'There is no body area "foot"\. Body areas: wrist, hand\.'):
        run(text, capsys, "--under", "foot")
    assert not ConditionPage.objects.exists()


def test_without_any_body_area_it_says_where_to_make_one(text, capsys):
    with pytest.raises(CommandError, match="no body area yet: make one in the admin"):
        run(text, capsys)


def test_a_draft_that_a_person_edited_is_kept_without_force(area, text, capsys):
    run(text, capsys)
    page = ConditionPage.objects.get()
    theirs = page.get_latest_revision_as_object()
    theirs.standfirst = "In my own words."
    theirs.save_revision()
    text.write_text(TEXT.replace("one to two weeks", "two to three weeks"))
    with pytest.raises(CommandError, match="was edited since its last import"):
        run(text, capsys)
    assert live(page).get_latest_revision_as_object().standfirst == "In my own words."
    assert "updated (draft;" in run(text, capsys, "--force")
    assert live(page).get_latest_revision_as_object().standfirst != "In my own words."


BAD = {
    "empty": (b"", "The source is empty."),
    "blank": (b" \n\t\n", "The source is empty."),
    "binary": (b"\x7fELF\x00\x01\x02" * 40, "The file is binary, not text"),
    "zip": (b"PK\x03\x04" + b"x" * 40, "This is a Word document or a ZIP file."),
    "utf-16": (TEXT.encode("utf-16"), "The file is saved as UTF-16."),
    "utf-16 without a mark": (TEXT.encode("utf-16-le"), "The file looks saved as UTF-16."),
    "latin-1": (
        "Douleur\n\nLa cuisse est très douloureuse.".encode("latin-1"),
        "Line 3: The file is not UTF-8",
    ),
    "truncated": ("Pain\n\nIt hurts\u2026".encode()[:-1], "breaks off in the middle of a letter"),
    "title alone": (b"Wrist ache", "There is a title, but no article below it."),
    "future review": (
        TEXT.replace("5th May 2022", "5th May 2999").encode(),
        "Line 9: The review date, 5 May 2999, is in the future.",
    ),
    "10 MB": (b"Wrist ache\n\n" + b"It hurts. " * 1024 * 1024, "The file is too large: 10.0 MB"),
    "a line of a million signs": (b"x" * 1_000_000, "a title has at most 255"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_text_that_will_not_do_is_refused_in_words_and_nothing_is_written(area, tmp_path, capsys, name):
    raw, words = BAD[name]
    path = tmp_path / "bad.txt"
    path.write_bytes(raw)
    before = rows()
    with pytest.raises(CommandError) as error:
        run(path, capsys)
    assert str(error.value).startswith("bad.txt: ")
    assert words in str(error.value)
    assert "Nothing was written." in str(error.value)
    assert error.value.returncode == 1
    assert rows() == before


@pytest.mark.parametrize("missing", ["nowhere.txt", "."])
def test_a_file_that_cannot_be_read_is_named(area, tmp_path, capsys, missing):
    with pytest.raises(CommandError, match=r": (No such file or directory|Is a directory)\."):
        run(tmp_path / missing, capsys)


def test_the_process_ends_with_exit_code_1_and_the_message_without_a_traceback(area, tmp_path):
    path = tmp_path / "bad.txt"
    path.write_bytes(b"")
    command = manage("import_article", path, "--under", "nowhere")
    done = subprocess.run(
        command, env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: ")
    assert "Traceback" not in done.stderr
