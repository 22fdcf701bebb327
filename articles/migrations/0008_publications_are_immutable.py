"""The database refuses to change or delete the record of what readers saw, whoever asks.

Row triggers only: one on TRUNCATE would stop the flush between tests.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION articles_refuse_change_of_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The record of what was published cannot be changed or deleted.'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER publications_are_immutable
    BEFORE UPDATE OR DELETE ON articles_publication
    FOR EACH ROW EXECUTE FUNCTION articles_refuse_change_of_publication();
"""

DROP = """
DROP TRIGGER publications_are_immutable ON articles_publication;
DROP FUNCTION articles_refuse_change_of_publication();
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0007_workflow_and_publications")]

    operations = [migrations.RunSQL(CREATE, DROP)]
