"""The medical review in Wagtail's workflow, and the record of what readers saw."""

import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0006_groups'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('wagtailcore', '0098_apitoken'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='medicalreview',
            name='reason',
            field=models.TextField(blank=True, help_text='Why it was withdrawn, or what made an edit small; empty for a full review.'),
        ),
        migrations.AddField(
            model_name='publishersettings',
            name='require_review',
            field=models.BooleanField(default=False, help_text='No article goes live, nor changes while live, unless a reviewer signed its very words. Off: it is published, and readers are told that it was not reviewed.', verbose_name='require a medical review before publishing'),
        ),
        migrations.CreateModel(
            name='MedicalReviewTask',
            fields=[
                ('task_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='wagtailcore.task')),
                ('groups', models.ManyToManyField(help_text='Pages/snippets at this step in a workflow will be moderated or approved by these groups of users', to='auth.group', verbose_name='groups')),
            ],
            options={
                'verbose_name': 'medical review',
                'verbose_name_plural': 'medical reviews',
            },
            bases=('wagtailcore.task',),
        ),
        migrations.CreateModel(
            name='MedicalReviewTaskState',
            fields=[
                ('taskstate_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='wagtailcore.taskstate')),
                ('minor_edit', models.TextField(blank=True, help_text="An editor's proposal. Empty: it needs a full review.", verbose_name='why the edit is small')),
                ('review', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='articles.medicalreview')),
            ],
            options={
                'verbose_name': 'medical review of an article',
            },
            bases=('wagtailcore.taskstate',),
        ),
        migrations.CreateModel(
            name='Publication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('published', 'Published'), ('unpublished', 'Unpublished')], max_length=12)),
                ('at', models.DateTimeField()),
                ('fingerprint', models.CharField(help_text='Of `content`, with its algorithm version.', max_length=80)),
                ('content', models.JSONField(help_text='The clinical content.')),
                ('page_content', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, help_text='The whole page.')),
                ('actor', models.ForeignKey(blank=True, help_text='Empty: a schedule or a command.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['page', '-at'], name='what_readers_saw')],
            },
        ),
    ]
