"""Words that ask a reader to buy: in a tip, in a sequence, in what somebody writes by hand."""

import re

# What asks the reader to buy: a word of these as a link, or as an order that begins a sentence.
WORDS = {
    "nl": "koop|bestel|offerte|korting|prijs|prijzen|aanbieding|aanbod|tarief|tarieven|proefles",
    "en": "buy|order|quote|quotation|discount|price|prices|pricing|offer|deal|sale|checkout",
}
ORDERS = {
    "nl": r"(?:koop|bestel|profiteer|vraag (?:\w+ ){0,3}offerte)",
    "en": r"(?:buy|order|shop|(?:get|ask for|request) (?:\w+ ){0,3}(?:quote|quotation|offer))",
}
MENTION = {
    spoken: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for spoken, words in WORDS.items()
}
CALL = {
    spoken: re.compile(
        rf"(?:(?:^|[.!?:]\s+|[‘“\"(])(?P<order>{order})\b\s+\w"
        r"|(?P<cut>\d+ ?(?:%|procent|per ?cent|euro) (?:korting|off|discount)))",
        re.IGNORECASE,
    )
    for spoken, order in ORDERS.items()
}
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]*)[^)]*\)")
READING = re.compile(r"/(?:nl|en)/(?:library|articles|newsletter)\b")
MARKS = re.compile(r"[*_`#>]+")


def call_in(line: str, language: str, harmless: set[str]) -> str:
    """The words of a line that ask the reader to buy; empty where there are none."""
    for words, target in LINK.findall(line):
        found = "" if READING.search(target) else mention_in(words, language, harmless)
        if found:
            return found
    bare = MARKS.sub("", LINK.sub(r"\1", line)).strip()
    for call in CALL[language].finditer(bare):
        found = (call["order"] or call["cut"]).lower()
        if not harmless & {found, *found.split()}:
            return found
    return ""


def mention_in(line: str, language: str, harmless: set[str]) -> str:
    """The first word of a line that has to do with buying; empty where there is none."""
    found = (word.lower() for word in MENTION[language].findall(line))
    return next((word for word in found if word not in harmless), "")


def asked_in(text: str, language: str) -> str:
    """The words of a whole text that ask the reader to buy; empty where there are none."""
    found = (call_in(line, language, set()) for line in text.splitlines())
    return next((words for words in found if words), "")
