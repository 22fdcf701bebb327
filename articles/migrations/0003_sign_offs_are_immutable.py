"""The database refuses to change or delete a sign-off, whoever asks.

Row triggers only: one on TRUNCATE would stop the flush between tests.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION articles_refuse_change_of_sign_off() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A sign-off cannot be changed or deleted. Withdraw it by a further sign-off.'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER sign_offs_are_immutable
    BEFORE UPDATE OR DELETE ON articles_medicalreview
    FOR EACH ROW EXECUTE FUNCTION articles_refuse_change_of_sign_off();
"""

DROP = """
DROP TRIGGER sign_offs_are_immutable ON articles_medicalreview;
DROP FUNCTION articles_refuse_change_of_sign_off();
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0002_articles_and_reviews")]

    operations = [migrations.RunSQL(CREATE, DROP)]
