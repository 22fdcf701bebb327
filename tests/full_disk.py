"""A PostgreSQL that has no room for a further look, in the words it uses for a full disk."""

from django.db import connection

_TRIGGER = """
    CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full';
    END $$;
    CREATE TRIGGER no_room BEFORE INSERT ON products_check EXECUTE FUNCTION no_room();
"""


def leave_no_room_for_looks() -> None:
    """Until the transaction of the test is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGER)
