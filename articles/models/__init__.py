"""Articles, the people behind them, and the reviews that vouch for them."""

from articles.models.imports import ArticleImport
from articles.models.pages import BodyAreaPage, ConditionPage, HomePage, InformationPage, RelatedArticle
from articles.models.people import Author, Credential, Interest, Reviewer, User
from articles.models.reviews import ImportedReview, MedicalReview, Reminder, ReviewSchedule, ReviewTier
from articles.models.settings import PublisherSettings

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
    "MedicalReview",
    "PublisherSettings",
    "RelatedArticle",
    "Reminder",
    "ReviewSchedule",
    "ReviewTier",
    "Reviewer",
    "User",
]
