"""The traffic light of an asset as its file answers it: four questions, each with a reason."""

from dataclasses import dataclass

from server.kit.content import Document

QUESTIONS = ("restore", "bargain_hunters", "marginal_cost", "acquired_right")
GREEN, AMBER, RED = LIGHTS = ("green", "amber", "red")


@dataclass(frozen=True)
class Answer:
    """An answer to one question: green, amber or red, and why."""

    answer: str
    why: str


@dataclass(frozen=True)
class Light:
    """The four answers in the order of QUESTIONS; `approved_by`: the second pair of eyes."""

    answers: tuple[Answer, ...]
    approved_by: str = ""

    @property
    def colour(self) -> str:
        """The darkest of the answers."""
        return max((one.answer for one in self.answers), key=LIGHTS.index)


def read_light(doc: Document) -> Light:
    """Four answers with a reason, none red; amber needs a second person. Raises ContentError."""
    given = doc.meta.get("traffic_light")
    if not isinstance(given, dict):
        raise doc.fault("library.light_missing", "traffic_light")
    light = Light(
        tuple(_answer(doc, given.get(question), question) for question in QUESTIONS),
        doc.text("approved_by", ""),
    )
    if light.colour == AMBER and not light.approved_by:
        raise doc.fault("library.light_amber", "traffic_light")
    return light


def _answer(doc: Document, given: object, question: str) -> Answer:
    if not isinstance(given, dict) or given.get("answer") not in LIGHTS:
        raise doc.fault("library.light_answer", question)
    why = str(given.get("why") or "").strip()
    if not why:
        raise doc.fault("library.light_why", question)
    if given["answer"] == RED:
        raise doc.fault("library.light_red", question)
    return Answer(str(given["answer"]), why)
