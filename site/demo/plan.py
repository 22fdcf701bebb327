"""What the demo's site is made of, as plain data: places, shops, people, and where each article shall stand.

Ages are counted in days before the day on which the demo is made, so that every review state is there
whenever that is. Everybody and everything named here is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from articles.governance import ReviewRule, ReviewState


@dataclass(frozen=True, slots=True)
class BodyArea:
    title: str
    slug: str  # also the folder of its articles
    intro: str


@dataclass(frozen=True, slots=True)
class Retailer:
    """A shop with the scheme that pays us there. `identity` holds the settings of the network's adapter."""

    name: str
    region: str  # code, as in the catalogue
    domains: tuple[str, ...]
    checking: str  # "fetch", "api" or "human"
    programme: str
    network: str  # slug of an adapter in products/programmes
    identity: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Interest:
    """An interest that a reviewer declared and gave up again, long before they signed anything here."""

    what: str
    retailer: str
    declared_days_ago: int
    ended_days_ago: int


@dataclass(frozen=True, slots=True)
class Leave:
    """Days on which a reviewer will be away."""

    in_days: int
    days: int


@dataclass(frozen=True, slots=True)
class Reviewer:
    honorific: str
    name: str
    slug: str
    profession: str
    regulator: str
    number: str  # no register issues numbers of this form
    verified_days_ago: int
    bio: str
    minutes_a_month: int
    leaves: tuple[Leave, ...] = ()
    interests: tuple[Interest, ...] = ()


@dataclass(frozen=True, slots=True)
class Author:
    name: str
    role: str
    bio: str


@dataclass(frozen=True, slots=True)
class SignedOff:
    reviewer: str  # slug
    days_ago: int


@dataclass(frozen=True, slots=True)
class ClinicalEdit:
    """A change of the published words after the last sign-off: `find` stands once in the article."""

    find: str
    replace: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table of products that an editor places before a heading of the article. No review covers it."""

    caption: str
    products: tuple[str, ...]  # names, as in the catalogue
    before: str  # the heading's text


@dataclass(frozen=True, slots=True)
class Article:
    """One article file and the review state that it shall end in.

    `states` has one member, but for an article whose only review is the one that its text claims: the date
    of that is fixed, and what is overdue today will have expired later. `signed` runs from old to new.
    """

    file: str  # below content/articles
    author: str
    tier: str
    states: tuple[ReviewState, ...]
    signed: tuple[SignedOff, ...] = ()
    edit: ClinicalEdit | None = None
    comparison: Comparison | None = None

    @property
    def body_area(self) -> str:
        return self.file.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Plan:
    """Reviews that an editor planned for one day, for one reason."""

    slugs: tuple[str, ...]
    months_ahead: int
    day: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader reports about an article, and what an editor did about it: nothing yet, if `note` is empty."""

    slug: str
    kind: str
    text: str
    hours_ago: int
    email: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    paragraphs: tuple[str, ...]
    heading: str = ""  # the first section of a page has none


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    slug: str
    standfirst: str
    sections: tuple[Section, ...] = field(default=())


BODY_AREAS = (
    BodyArea(
        "Thigh", "thigh", "Strains, bruises and pain that is felt in the thigh but begins somewhere else."
    ),
    BodyArea(
        "Lower back",
        "lower-back",
        "Why backs hurt, what helps most people to get better, and the warning signs to act on.",
    ),
    BodyArea("Knee", "knee", "Pain around, behind and inside the knee, from overuse to a sudden twist."),
)

RETAILERS = (
    Retailer("Northgate Supports", "UK", ("northgate-supports.example",), "fetch",
             "Northgate Supports partners", "in_house", {"parameter": "ref", "value": "referred-demo"}),
    Retailer("Peak Physio", "UK", ("peak-physio.example",), "fetch",
             "Peak Physio on Awin", "awin", {"merchant_id": "10101", "publisher_id": "202020"}),
    Retailer("Amazon.co.uk", "UK", ("amazon.co.uk", "www.amazon.co.uk"), "human",
             "Amazon Associates UK", "amazon", {"marketplace": "amazon.co.uk", "tag": "referreddemo-21"}),
    Retailer("Summit Braces", "US", ("summit-braces.example",), "fetch",
             "Summit Braces partners", "in_house", {"parameter": "ref", "value": "referred-demo"}),
    Retailer("Prairie Rehab", "US", ("prairie-rehab.example",), "fetch",
             "Prairie Rehab partners", "in_house", {"parameter": "sca_ref", "value": "referred-demo"}),
    Retailer("Amazon.com", "US", ("amazon.com", "www.amazon.com"), "api",
             "Amazon Associates US", "amazon", {"marketplace": "amazon.com", "tag": "referreddemo-20"}),
)  # fmt: skip

REVIEWERS = (
    Reviewer(
        "Dr", "Amara Osei", "amara-osei", "GP and sports physician", "General Medical Council (GMC)", "DEMO-0000001", 1500,
        "Dr Osei works in general practice and looks after a university's athletes. She has a special interest in back pain and in explaining risk plainly.",
        120,
    ),
    Reviewer(
        "Mr", "Tomasz Wieczorek", "tomasz-wieczorek", "Consultant Orthopaedic Surgeon", "General Medical Council (GMC)", "DEMO-0000002", 1500,
        "Mr Wieczorek treats injuries of the knee and the spine. He teaches junior doctors when not to operate.",
        60,
        interests=(Interest("Paid for two talks at its training days", "Peak Physio", 1400, 1100),),
    ),
    Reviewer(
        "Ms", "Niamh Gallagher", "niamh-gallagher", "Chartered Physiotherapist", "Health and Care Professions Council (HCPC)", "DEMO-PH00003", 1500,
        "Ms Gallagher leads rehabilitation in a sports clinic. She writes exercise plans for runners, dancers and people who would rather be neither.",
        45, (Leave(9, 12),),
    ),
)  # fmt: skip

AUTHORS = (
    Author(
        "Eleanor Whitcombe",
        "Health writer",
        "Eleanor has written about muscles, joints and sport for patients for fifteen years.",
    ),
    Author(
        "Rajan Mistry",
        "Health editor",
        "Rajan edits our guides to back pain and checks every one against current guidelines.",
    ),
    Author(
        "Catrin Howell",
        "Health writer",
        "Catrin is a keen fell runner who turns research about knees into plain English.",
    ),
)

TIERS = {
    "high_risk": ReviewRule(12, withhold_offers=True),
    "standard": ReviewRule(24),
    "low": ReviewRule(36),
}
"""The tiers that ship, by slug: what the ages below were chosen by."""

ARTICLE_PLAN = (
    Article(
        "thigh/hamstring-strain.txt", "Eleanor Whitcombe", "standard", (ReviewState.CURRENT,),
        (SignedOff("amara-osei", 845), SignedOff("niamh-gallagher", 120)),
    ),
    Article(
        "thigh/referred-thigh-pain.txt", "Eleanor Whitcombe", "standard", (ReviewState.EXPIRED,),
    ),
    Article(
        "thigh/thigh-contusion.txt", "Catrin Howell", "standard", (ReviewState.OVERDUE,),
        (SignedOff("amara-osei", 770),),
    ),
    Article(
        "thigh/quadriceps-strain.txt", "Catrin Howell", "standard", (ReviewState.NEVER,),
    ),
    Article(
        "lower-back/sciatica.txt", "Rajan Mistry", "high_risk", (ReviewState.CURRENT,),
        (SignedOff("amara-osei", 760), SignedOff("tomasz-wieczorek", 410), SignedOff("amara-osei", 45)),
    ),
    Article(
        "lower-back/slipped-disc.txt", "Rajan Mistry", "high_risk", (ReviewState.EXPIRED,),
        (SignedOff("tomasz-wieczorek", 505),),
    ),
    Article(
        "lower-back/lower-back-muscle-strain.txt", "Rajan Mistry", "standard", (ReviewState.OVERDUE, ReviewState.EXPIRED),
    ),
    Article(
        "knee/runners-knee.txt", "Catrin Howell", "low", (ReviewState.DUE_SOON,),
        (SignedOff("niamh-gallagher", 1060),),
        comparison=Comparison(
            "Three supports for the front of the knee",
            ("Meridian Patella Strap", "Knee supports", "Calder Hinged Knee Brace"),
            "When can I run again?",
        ),
    ),
    Article(
        "knee/iliotibial-band-syndrome.txt", "Catrin Howell", "low", (ReviewState.CHANGED,),
        (SignedOff("niamh-gallagher", 200),),
        ClinicalEdit(
            "Most people recover without injections or surgery, usually in six to eight weeks, although it can take longer.",
            "Most people recover without injections or surgery. Six to eight weeks is usual, but some need several months, and easing back too soon is the commonest reason.",
        ),
    ),
    Article(
        "knee/meniscus-tear.txt", "Eleanor Whitcombe", "standard", (ReviewState.CURRENT,),
        (SignedOff("tomasz-wieczorek", 20),),
    ),
)  # fmt: skip

PLANS = (
    Plan(
        ("hamstring-strain", "iliotibial-band-syndrome"), 3, 16, "Both together, before the running season."
    ),
)
"""More than their reviewer has time for in that month: the forecast says so, and proposes an earlier one."""

REPORTS = (
    Report(
        "hamstring-strain", "safety",
        "The sleeve left a red, itchy rash on the back of my knee within a day. Nothing on the page says that it "
        "could. Others may want to know before they buy it.",
        5, "sam.reader@example.org",
    ),
    Report(
        "sciatica", "medical",
        "Under “What helps” it says to rest in bed. I thought that the advice is to keep moving. Is this still right?",
        31,
    ),
    Report(
        "meniscus-tear", "accessibility",
        "With my screen reader I cannot tell which picture shows the torn side.",
        52, "kim.reader@example.org",
    ),
    Report(
        "dead-leg-thigh-contusion", "link",
        "The first shop says that the page no longer exists.",
        150, note="The shop had moved the page. The offer leads to the new address now.",
    ),
)  # fmt: skip

HOME = Page(
    "Where it hurts, and why",
    "home",
    "Plain guides to muscles, joints and nerves, reviewed by named clinicians, with supports you can buy in your own country.",
)

INFORMATION = (
    Page(
        "Editorial policy",
        "editorial-policy",
        "Who writes our guides, what they rest on, and what never decides what we say.",
        (
            Section((
                "Health writers write our guides, editors edit them, and clinicians review them. Each guide names its writer and says at the top whether a review is in force. The history at its end tells when it was reviewed and what changed.",
            )),
            Section((
                "We prefer current clinical guidelines and reviews of many studies to single papers. Where a guide cites its sources they stand at its end. If a source is withdrawn or replaced, the guide goes back to a reviewer.",
                "We say how sure anybody can be. Where the evidence is thin we say that too, and we do not promise cures. When a word of a guide changes, the guide says so until a clinician has looked at it.",
            ), "What guides rest on"),
            Section((
                "Shops and makers have no say in what we write. Products stand in boxes of their own, marked as advertising where a link pays us, and the medical review does not cover them.",
            ), "Independence"),
            Section((
                "This is a demonstration site. Its people, products and shops are invented.",
            ), "About this site"),
        ),
    ),
    Page(
        "How we review",
        "how-we-review",
        "Who checks our medical text, what they sign, and what happens when a review runs out.",
        (
            Section((
                "Every guide is written by a health writer and read by a clinician who did not write it. The clinician signs exactly the words that you see, with their own name and registration. We do not sign for them, and nobody can sign their own work.",
            )),
            Section((
                "The reviewer checks that the text is accurate and up to date, that warning signs and reasons for caution are stated, and that no claim goes further than the evidence. If the medical text changes afterwards, even by a word, the page says so until a reviewer has looked at the change.",
            ), "What a review covers"),
            Section((
                "Guides about conditions that can do serious harm are reviewed every twelve months. Most others are reviewed every two years, and low-risk guides every three. When a review is overdue the page tells you. If it stays overdue, the reviewer's name comes off the page.",
                "Some guides came to us with a review from before. We show who is said to have done it and when, but we did not verify it, and we do not treat it as a review of our own.",
            ), "How often"),
            Section((
                "Reviewers do not choose or endorse products. Editors do, and the review covers the medical text only.",
                "This is a demonstration site. Its people, products and shops are invented, and its text is no substitute for advice from someone who can examine you.",
            ), "What a review does not cover"),
        ),
    ),
    Page(
        "Affiliate policy",
        "affiliate-policy",
        "How links to shops earn us money, and what that money cannot buy.",
        (
            Section((
                "Some links on this site lead to shops that pay us a commission when you buy. The price that you pay is the same. Boxes with such links are marked as advertising, and each link says that it is paid.",
                "As an Amazon Associate I earn from qualifying purchases.",
            )),
            Section((
                "Editors choose products for what they are: whom they suit, who should not use them, and how they fit. Commission plays no part in which product is shown or in the order of the shops. Shops cannot pay to be included, and they do not see our guides before you do.",
            ), "How we choose"),
            Section((
                "We visit most shops' pages regularly to make sure that the product is still there. If a link is broken or a product is sold out, we show another shop in your region, or say that we know of none. Where a shop does not allow automatic visits, an editor checks by hand.",
                "We show prices only where the shop allows it and only while they are fresh. Look at the shop's own page before you buy.",
            ), "Keeping links honest"),
            Section((
                "If we learn of a safety notice we withdraw the product from every page at once and put the notice in its place.",
            ), "Safety"),
        ),
    ),
    Page(
        "Privacy",
        "privacy",
        "What we do not collect, and what a shop learns when you follow a link.",
        (
            Section((
                "You can read everything here without an account. We set no cookie when you arrive, we load nothing from other companies' servers, and we do not build profiles. We do not know who you are, and we do not try to find out.",
            )),
            Section((
                "We count how often links to shops are followed: for each day, the link, the page and the region, a number. Nothing in it says who clicked. To leave out robots and double clicks we look at the name that a browser gives itself; to tell a double click, a scrambled mark of address and browser is kept in memory for ten seconds, and its key changes every day. Your address is not stored.",
                "Where a shop does not allow links that lead through us, as Amazon does not, a few lines of our own script tell our server that the link was followed. Without JavaScript such a click is not counted, and everything works all the same.",
            ), "What we count"),
            Section((
                "At the top of our guides you can choose the country whose shops come first. If you do, we keep that choice, and nothing else, in a cookie called region for a year. If you never choose, no cookie is set. You can delete it in your browser at any time.",
                "Before you choose, the page may ask our own server which country's shops to show first. We never ask another company where you are.",
            ), "The one cookie"),
            Section((
                "As on any web server, technical logs may be kept for a short time to keep the service secure. They are not used to learn what any one person reads.",
                "Editors and reviewers log in to do their work. Their session uses a cookie, which readers never get, and what they change is kept on record with their name.",
            ), "Logs and log-ins"),
            Section((
                "When you follow a link, the shop learns that you came from us, and its own privacy policy applies from there. Affiliate networks may stand between us and the shop and may set cookies of their own.",
            ), "Shops"),
            Section((
                "If you [report a problem](/report-a-problem/) or write to us about a page, we use what you write to deal with it. Please leave out details of your own health: we do not need them, and we cannot give personal advice.",
                "The form sets no cookie. After half a year we delete your words and address; a scrambled mark of your network is kept for an hour.",
            ), "When you write to us"),
        ),
    ),
    Page(
        "Corrections",
        "corrections",
        "We make mistakes. This is how we put them right, and how you can tell us.",
        (
            Section((
                "If something here is wrong, unclear or out of date, follow \"Report a problem\" under the title of the page, use [our form](/report-a-problem/), or write to corrections@referred.example. You need not be an expert, and you need not say who you are.",
                "If something that we recommend has harmed you, say so in the form: choose \"A side effect or safety concern\", and the people who answer for our reviews are told at once.",
            )),
            Section((
                "An editor reads every report. Anything that could do harm is dealt with first: we change or remove the passage at once and ask a clinician to look at it. Other corrections wait their turn, usually no longer than two weeks.",
                "A change to medical text is never silent. The page says that it was edited since its review until a reviewer has approved the new words.",
            ), "What we do"),
            Section((
                "Broken links to shops and details of products are mended without a note, because they change nothing in the medical text.",
                "We do not remove accurate information because a company would prefer it gone.",
            ), "What we do not do"),
            Section((
                "If you are not content with our answer, ask for it to be looked at again by an editor who was not involved. If you are unwell or worried about yourself, please do not wait for us: speak to a pharmacist, your doctor or the emergency services.",
            ), "If you disagree"),
        ),
    ),
)  # fmt: skip
