"""What readers report, and whom of the desk a safety concern was told."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0013_reference_permissions'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ProblemReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page_title', models.CharField(blank=True, help_text='As the reader saw it. Empty: about no page in particular.', max_length=255)),
                ('kind', models.CharField(choices=[('medical', 'Wrong or out-of-date medical information'), ('safety', 'A side effect or safety concern'), ('link', 'A link that does not work'), ('accessibility', 'Something I cannot read or use (accessibility)'), ('other', 'Something else')], max_length=16)),
                ('text', models.TextField(blank=True, max_length=3000, verbose_name='what the reader wrote')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='mail address')),
                ('received_at', models.DateTimeField(verbose_name='received')),
                ('form', models.CharField(help_text='The form that was sent: it counts once.', max_length=32, unique=True)),
                ('status', models.CharField(choices=[('new', 'New'), ('answered', 'Answered'), ('closed', 'Closed')], default='new', max_length=8)),
                ('note', models.TextField(blank=True, help_text='What was done, or why nothing was.', max_length=1000)),
                ('handled_at', models.DateTimeField(blank=True, null=True, verbose_name='handled')),
                ('forgotten_at', models.DateTimeField(blank=True, null=True)),
                ('handled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('page', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='problem_reports', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'verbose_name': 'reader report',
                'ordering': ['-received_at', '-pk'],
                'permissions': [('answer_problemreport', 'Can answer reader reports and call for reviews from them')],
                'default_permissions': ('view',),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('forgotten_at__isnull', True), models.Q(('email', ''), ('text', '')), _connector='OR'), name='a_forgotten_report_says_nothing'),
                    models.CheckConstraint(condition=models.Q(('status', 'new'), models.Q(('note', ''), _negated=True), _connector='OR'), name='a_settled_report_says_why'),
                ],
                'indexes': [
                    models.Index(condition=models.Q(('forgotten_at__isnull', True)), fields=['received_at'], name='reports_to_forget'),
                    models.Index(condition=models.Q(('status', 'new')), fields=['received_at'], name='reports_open'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReportNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='report_notices', to=settings.AUTH_USER_MODEL)),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='articles.problemreport')),
            ],
            options={
                'ordering': ['pk'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('report', 'recipient'), name='told_once_of_a_report')],
                'indexes': [models.Index(condition=models.Q(('sent_at__isnull', True)), fields=['recipient'], name='report_notices_waiting')],
            },
        ),
    ]
