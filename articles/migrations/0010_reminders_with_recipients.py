"""Reminders name whom they tell; a digest is one mail to one person on one day."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0009_medical_review_workflow'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReviewDigest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(help_text="In the site's time zone.")),
                ('sent_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-day'],
            },
        ),
        migrations.AlterModelOptions(
            name='reviewschedule',
            options={'ordering': ['due_on'], 'permissions': [('lead_reviews', 'Is told of reviews that are two weeks late')]},
        ),
        migrations.RemoveConstraint(
            model_name='reminder',
            name='flagged_once_a_stage',
        ),
        migrations.AddField(
            model_name='reminder',
            name='recipient',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='review_reminders', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reminder',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waits for the digest'), ('told', 'Told'), ('lapsed', 'No longer needed'), ('nobody', 'Nobody to tell')], default='nobody', max_length=8),
        ),
        migrations.AddField(
            model_name='reviewdigest',
            name='recipient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='review_digests', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reminder',
            name='digest',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reminders', to='articles.reviewdigest'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['recipient'], name='reminders_waiting'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(fields=('page', 'cycle', 'stage', 'recipient'), name='told_once_a_stage', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='reviewdigest',
            constraint=models.UniqueConstraint(fields=('recipient', 'day'), name='one_digest_a_day'),
        ),
    ]
