"""`manage.py import_products`: what it says, and its exit code."""

import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from products.models import Offer, Product
from tests.processes import environment, manage

pytestmark = pytest.mark.django_db

GOOD = "product,retailer,region,address\nKnee strap,peaksports.co.uk,UK,https://peaksports.co.uk/strap\n"


@pytest.fixture
def catalogue(tmp_path) -> Path:
    path = tmp_path / "products.csv"
    path.write_text(GOOD)
    return path


def run(path: Path, capsys, *options: str) -> str:
    call_command("import_products", path, *options, no_color=True)
    return capsys.readouterr().out


def test_it_says_what_it_made_and_what_to_look_at(catalogue, capsys):
    said = run(catalogue, capsys)
    assert (
        "  - Retailer peaksports.co.uk (UK) is new: choose its programme, or its links earn nothing.\n"
        in said
    )
    assert said.endswith("1 product(s) created, 0 updated, 0 unchanged.\n")
    assert run(catalogue, capsys) == "0 product(s) created, 0 updated, 1 unchanged.\n"


def test_a_dry_run_writes_nothing_and_says_so(catalogue, capsys):
    assert run(catalogue, capsys, "--dry-run").endswith(
        "1 product(s) would be created, 0 would be updated, 0 unchanged.\n"
    )
    assert not Product.objects.exists()


def test_faults_are_told_row_by_row_and_nothing_is_written(catalogue, capsys):
    catalogue.write_text(GOOD + "Brace,peaksports.co.uk,UK,https://10.0.0.1/\nBelt,,UK,\n")
    with pytest.raises(CommandError, match=r"products\.csv: 1 fault\(s\)\. Nothing was written\.") as error:
        run(catalogue, capsys)
    assert error.value.returncode == 1
    assert capsys.readouterr().err == "Row 4, retailer: The retailer's name is missing.\n"
    catalogue.write_text(GOOD + "Brace,peaksports.co.uk,UK,https://10.0.0.1/\n")
    with pytest.raises(CommandError):
        run(catalogue, capsys)
    assert capsys.readouterr().err.startswith("Row 3, address: ")
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "Row 0, file: The file is empty."),
        (b"PK\x03\x04 sheet", "Row 0, file: This is a spreadsheet, not CSV."),
        ("product,retailer\nÉlan,x\n".encode("latin-1"), "Row 2, file: The file is not UTF-8 text."),
        (GOOD.encode("utf-16"), "The file is not UTF-8 text."),
        (b"product,retailer\n" + b"x" * 6_000_000, "Row 0, file: The file is larger than 5 MB"),
        (b"name,shop\nx,y\n", "Row 1, file: The first row must name the columns"),
        (b"product,retailer\n=cmd(),Shop\n", "Row 2, product: “=cmd()” would be a formula in a spreadsheet"),
    ],
)
def test_a_file_that_will_not_do_is_refused_in_words(catalogue, capsys, raw, words):
    catalogue.write_bytes(raw)
    with pytest.raises(CommandError, match="Nothing was written"):
        run(catalogue, capsys)
    assert words in capsys.readouterr().err
    assert not Product.objects.exists()


def test_a_file_that_is_not_there_is_named(tmp_path, capsys):
    with pytest.raises(CommandError, match=r"none\.csv: No such file or directory\."):
        run(tmp_path / "none.csv", capsys)


def test_pictures_may_stand_in_another_folder(catalogue, capsys, tmp_path):
    catalogue.write_text("product,retailer,region,picture,picture_alt\nStrap,Peak,UK,a.png,A strap\n")
    with pytest.raises(CommandError):
        run(catalogue, capsys, "--pictures", str(tmp_path / "elsewhere"))
    assert 'There is no picture "a.png" beside the file.' in capsys.readouterr().err
    assert not Offer.objects.exists()


def test_the_process_ends_with_exit_code_1_and_the_faults_without_a_traceback(catalogue):
    catalogue.write_bytes(b"")
    done = subprocess.run(
        manage("import_products", catalogue), env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert (
        done.stderr
        == "Row 0, file: The file is empty.\nCommandError: products.csv: 1 fault(s). Nothing was written.\n"
    )
