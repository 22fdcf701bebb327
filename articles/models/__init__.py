"""Articles, the people behind them, and the reviews that vouch for them."""

from articles.models.feeds import ReviewFeed
from articles.models.imports import ArticleImport
from articles.models.pages import (
    BodyAreaPage,
    ConditionPage,
    HomePage,
    InformationPage,
    RelatedArticle,
    SitePage,
)
from articles.models.people import Author, Credential, Interest, Reviewer, User
from articles.models.planning import Leave, Rescheduling, ReschedulingMove
from articles.models.problem_reports import ProblemKind, ProblemReport, ReportNotice, ReportStatus
from articles.models.publications import Publication, PublicationKind
from articles.models.references import Reference
from articles.models.reminders import Reminder, ReviewDigest
from articles.models.reviews import ImportedReview, MedicalReview, ReviewSchedule, ReviewTier
from articles.models.search_terms import SearchTerm
from articles.models.settings import PublisherSettings
from articles.models.share_pictures import SharePicture
from articles.models.triggers import ReviewTrigger
from articles.models.workflow import MedicalReviewTask, MedicalReviewTaskState

__all__ = [
    "ArticleImport",
    "Author",
    "BodyAreaPage",
    "ConditionPage",
    "Credential",
    "HomePage",
    "ImportedReview",
    "InformationPage",
    "Interest",
    "Leave",
    "MedicalReview",
    "MedicalReviewTask",
    "MedicalReviewTaskState",
    "ProblemKind",
    "ProblemReport",
    "Publication",
    "PublicationKind",
    "PublisherSettings",
    "Reference",
    "RelatedArticle",
    "Reminder",
    "ReportNotice",
    "ReportStatus",
    "Rescheduling",
    "ReschedulingMove",
    "ReviewDigest",
    "ReviewFeed",
    "ReviewSchedule",
    "ReviewTier",
    "ReviewTrigger",
    "Reviewer",
    "SearchTerm",
    "SharePicture",
    "SitePage",
    "User",
]
