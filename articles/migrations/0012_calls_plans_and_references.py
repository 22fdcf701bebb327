"""Calls for a review before its time; planned dates with their undo; reviewers' time; references."""

import django.core.validators
import django.db.models.deletion
import modelcluster.fields
import modelsearch.index
import wagtail.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0011_review_leads'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='reviewer',
            name='minutes_per_month',
            field=models.PositiveSmallIntegerField(blank=True, help_text='For reviews, for the forecast. Empty: not known.', null=True, verbose_name='minutes a month'),
        ),
        migrations.AddField(
            model_name='reviewschedule',
            name='planned_on',
            field=models.DateField(blank=True, db_index=True, help_text='Empty: the day it is due.', null=True),
        ),
        migrations.AddField(
            model_name='reviewschedule',
            name='planned_why',
            field=models.TextField(blank=True, help_text='Why it is planned for another day.'),
        ),
        migrations.AddField(
            model_name='reviewtier',
            name='review_minutes',
            field=models.PositiveSmallIntegerField(default=30, help_text='What a review takes, for the forecast.', validators=[django.core.validators.MinValueValidator(1)], verbose_name='minutes a review'),
        ),
        migrations.AlterField(
            model_name='conditionpage',
            name='body',
            field=wagtail.fields.StreamField([('heading', 2), ('paragraph', 3), ('points', 11), ('picture', 15), ('diagnostic_test', 21), ('see_also', 24), ('references', 25), ('product_box', 28), ('advert', 29), ('promotion', 30)], blank=True, block_lookup={0: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('2', 'Section'), ('3', 'Sub-section')]}), 1: ('wagtail.blocks.CharBlock', (), {'max_length': 160}), 2: ('wagtail.blocks.StructBlock', [[('level', 0), ('text', 1)]], {}), 3: ('articles.blocks.ParagraphBlock', (), {}), 4: ('wagtail.blocks.CharBlock', (), {'help_text': 'For instance "Symptoms include:".', 'max_length': 500, 'required': False}), 5: ('wagtail.blocks.BooleanBlock', (), {'label': 'Numbered', 'required': False}), 6: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'superscript', 'subscript']}), 7: ('wagtail.blocks.CharBlock', (), {'max_length': 500}), 8: ('wagtail.blocks.ListBlock', (7,), {'collapsed': True, 'default': [], 'label': 'Nested items'}), 9: ('wagtail.blocks.StructBlock', [[('text', 6), ('children', 8)]], {}), 10: ('wagtail.blocks.ListBlock', (9,), {'min_num': 1}), 11: ('wagtail.blocks.StructBlock', [[('lead_in', 4), ('ordered', 5), ('items', 10)]], {}), 12: ('wagtail.images.blocks.ImageChooserBlock', (), {'required': False}), 13: ('wagtail.blocks.CharBlock', (), {'help_text': 'What the picture shows, for who cannot see it.', 'label': 'Text alternative', 'max_length': 255, 'required': False}), 14: ('wagtail.blocks.CharBlock', (), {'max_length': 255, 'required': False}), 15: ('wagtail.blocks.StructBlock', [[('picture', 12), ('alt_text', 13), ('caption', 14)]], {}), 16: ('wagtail.blocks.CharBlock', (), {'help_text': 'For instance "Slump test".', 'max_length': 120}), 17: ('wagtail.blocks.TextBlock', (), {'label': 'What it is for', 'max_length': 1000}), 18: ('wagtail.blocks.TextBlock', (), {'label': 'How it is done', 'max_length': 3000, 'required': False}), 19: ('wagtail.blocks.TextBlock', (), {'label': 'What a positive result means', 'max_length': 1000, 'required': False}), 20: ('wagtail.blocks.CharBlock', (), {'label': 'Text alternative', 'max_length': 255, 'required': False}), 21: ('wagtail.blocks.StructBlock', [[('name', 16), ('purpose', 17), ('how', 18), ('positive_result', 19), ('picture', 12), ('alt_text', 20)]], {}), 22: ('wagtail.blocks.CharBlock', (), {'help_text': 'What stands after "Read more on".', 'max_length': 160}), 23: ('wagtail.blocks.PageChooserBlock', (), {'help_text': 'Empty: a planned page. Only editors see it.', 'required': False}), 24: ('wagtail.blocks.StructBlock', [[('topic', 22), ('page', 23)]], {}), 25: ('articles.blocks.ReferencesBlock', (), {}), 26: ('wagtail.snippets.blocks.SnippetChooserBlock', ('products.Product',), {}), 27: ('wagtail.blocks.CharBlock', (), {'help_text': 'For instance "Our pick". Empty: no badge.', 'max_length': 60, 'required': False}), 28: ('wagtail.blocks.StructBlock', [[('product', 26), ('badge', 27)]], {}), 29: ('articles.blocks.AdvertBlock', (), {}), 30: ('articles.blocks.PromotionBlock', (), {})}),
        ),
        migrations.CreateModel(
            name='Rescheduling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(blank=True, max_length=1000)),
                ('made_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-made_at'],
            },
        ),
        migrations.CreateModel(
            name='Leave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
                ('reviewer', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='leaves', to='articles.reviewer')),
            ],
            options={
                'ordering': ['first_day'],
                'constraints': [models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='leave_ends_after_it_began')],
            },
        ),
        migrations.CreateModel(
            name='Reference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=300)),
                ('publisher', models.CharField(help_text='For instance "NICE" or "The Lancet".', max_length=200)),
                ('published', models.CharField(blank=True, help_text='As it says: "2023", "May 2024"…', max_length=20)),
                ('accessed_on', models.DateField(blank=True, help_text='When somebody last looked at it. Not part of a review.', null=True, verbose_name='accessed')),
                ('doi', models.CharField(blank=True, help_text='For instance "10.1136/bmj.n71".', max_length=200, validators=[django.core.validators.RegexValidator('^10\\.\\d{4,9}/\\S+$', 'A DOI begins with 10. and has a slash.')], verbose_name='DOI')),
                ('url', models.URLField(blank=True, max_length=500, verbose_name='address')),
                ('retracted', models.BooleanField(default=False, help_text='Its publisher withdrew it.')),
                ('outdated_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('superseded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='supersedes', to='articles.reference')),
            ],
            options={
                'ordering': ['title'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('doi', ''), _negated=True), models.Q(('url', ''), _negated=True), _connector='OR'), name='reference_can_be_found'), models.CheckConstraint(condition=models.Q(('superseded_by__isnull', True), models.Q(('superseded_by', models.F('id')), _negated=True), _connector='OR'), name='reference_supersedes_another'), models.UniqueConstraint(models.F('doi'), condition=models.Q(('doi', ''), _negated=True), name='reference_once_a_doi')],
            },
            bases=(modelsearch.index.Indexed, models.Model),
        ),
        migrations.CreateModel(
            name='ReschedulingMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('planned_before', models.DateField(blank=True, null=True)),
                ('reason_before', models.TextField(blank=True)),
                ('next_stage_before', models.DateField(blank=True, null=True)),
                ('planned_after', models.DateField(blank=True, null=True)),
                ('undone', models.BooleanField(default=False)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
                ('rescheduling', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='moves', to='articles.rescheduling')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('rescheduling', 'page'), name='moved_once_a_rescheduling')],
            },
        ),
        migrations.CreateModel(
            name='ReviewTrigger',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('safety_alert', 'Safety alert'), ('reader_report', "Reader's report"), ('lapsed_credential', 'Lapsed credential'), ('outdated_reference', 'Superseded or retracted reference')], max_length=24)),
                ('reason', models.TextField(max_length=1000)),
                ('subject', models.CharField(blank=True, max_length=120)),
                ('opened_at', models.DateTimeField()),
                ('opened_on', models.DateField(help_text="The day in the site's time zone, on which the review is due.")),
                ('dismissed_at', models.DateTimeField(blank=True, null=True)),
                ('dismissal', models.TextField(blank=True, help_text='Why it was unfounded.', max_length=1000)),
                ('dismissed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('opened_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='review_triggers', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'ordering': ['opened_at', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='a_trigger_has_a_reason'), models.CheckConstraint(condition=models.Q(('dismissed_at__isnull', True), models.Q(('dismissal', ''), _negated=True), _connector='OR'), name='a_dismissal_has_a_reason'), models.UniqueConstraint(condition=models.Q(('subject', ''), _negated=True), fields=('page', 'subject'), name='called_for_once_a_subject')],
            },
        ),
    ]
