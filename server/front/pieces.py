"""Everything public as pieces that can be searched."""

from collections.abc import Iterable

from server.contact.answers import PAGES, Answers
from server.front.articles import Article
from server.front.searching import Piece
from server.kit import markup
from server.library.assets import Asset
from server.newsletter.tips import Tip


def of_assets(assets: Iterable[Asset]) -> list[Piece]:
    """Titles; of what comes by mail the chapters are named, and their text stays in the book."""
    found = []
    for asset in assets:
        words = [chapter.title for chapter in asset.chapters] + list(asset.for_whom)
        if asset.is_readable:
            words += [markup.plain(chapter.tree) for chapter in asset.chapters]
        about = f"{asset.subtitle}. {asset.summary}"
        text = " ".join([*words, asset.author])
        found.append(Piece(asset.kind_text, asset.title, asset.path, about, text, asset.gate_text))
    return found


def of_articles(articles: Iterable[Article]) -> list[Piece]:
    """Articles with their whole text."""
    return [
        Piece("front.kind_article", one.title, one.path, one.summary, markup.plain(one.text.tree))
        for one in articles
    ]


def of_tips(tips: Iterable[Tip]) -> list[Piece]:
    """Tips with their whole text."""
    return [
        Piece("front.kind_tip", one.subject, one.path, one.preview, markup.plain(one.tree))
        for one in tips
    ]


def of_answers(answers: Answers, language: str) -> list[Piece]:
    """Frequent questions with their answers, and the pages about the house."""
    found = [
        Piece("front.kind_question", one.question, f"/{language}/faq#{one.slug}", "", one.plain)
        for group in answers.groups(language).values()
        for one in group
    ]
    for name in PAGES:
        page = answers.page(name, language)
        if page and page.language == language:
            path = f"/{language}/{name}"
            found.append(Piece("front.kind_page", page.title, path, page.description, page.plain))
    return found
