import pytest

from products.clicks.visits import Visit, is_person_following, is_person_telling, is_speculative

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_a_plain_navigation_is_a_persons():
    modern = Visit(BROWSER, fetch_mode="navigate", fetch_place="document")
    assert is_person_following(modern, is_robot=False)
    assert is_person_following(Visit(BROWSER), is_robot=False), "browsers before 2023 say nothing of it"


@pytest.mark.parametrize(
    "visit",
    [
        Visit(BROWSER, method="HEAD"),
        Visit(BROWSER, method="POST"),
        Visit(BROWSER, purposes=("prefetch",)),
        Visit(BROWSER, purposes=("prefetch;prerender",)),
        Visit(BROWSER, purposes=("Preview",)),
        Visit(BROWSER, purposes=("", "prefetch")),
        Visit(BROWSER, fetch_mode="no-cors", fetch_place="image"),
        Visit(BROWSER, fetch_mode="cors", fetch_place="empty"),
        Visit(BROWSER, fetch_mode="navigate", fetch_place="iframe"),
        Visit(BROWSER, is_staff=True),
    ],
    ids=str,
)
def test_what_is_no_plain_navigation_is_no_persons(visit):
    assert not is_person_following(visit, is_robot=False)


def test_a_known_robot_is_never_a_person():
    assert not is_person_following(Visit(BROWSER), is_robot=True)
    assert not is_person_telling(Visit(BROWSER, method="POST"), is_robot=True)


def test_a_browser_tells_of_a_click_by_a_post_that_navigates_nowhere():
    told = Visit(BROWSER, method="POST", fetch_mode="no-cors", fetch_place="empty")
    assert is_person_telling(told, is_robot=False)
    assert not is_person_telling(Visit(BROWSER, method="GET"), is_robot=False)
    assert not is_person_telling(Visit(BROWSER, method="POST", is_staff=True), is_robot=False)


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;anonymous-client-ip", "PREVIEW", "x-preload"])
def test_what_a_browser_does_ahead_of_its_person_is_known(purpose):
    assert is_speculative(Visit(BROWSER, purposes=(purpose,)))


@pytest.mark.parametrize("purposes", [(), ("",), ("navigate",)])
def test_what_says_nothing_of_a_purpose_is_not_ahead(purposes):
    assert not is_speculative(Visit(BROWSER, purposes=purposes))
