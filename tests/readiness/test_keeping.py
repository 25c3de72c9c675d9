"""The jobs that keep scores: they do what waits, and cost nothing when nothing does."""

from datetime import timedelta

from server.kit.clock import now
from server.readiness import jobs, keeping
from server.readiness.keeping import Judge
from server.readiness.models import Score
from tests.product import Product

KINDS = {"gulle-gever": "e-book"}


class Maker:
    """Makes judges and counts them."""

    made = 0

    async def __call__(self) -> Judge:
        self.made += 1
        return await keeping.make_judge(KINDS)


async def test_a_judge_is_made_only_when_there_is_something_to_score(product: Product) -> None:
    await product.gift("gulle-gever", "joost@example.org")
    make = Maker()
    assert await jobs.score_new(make) == 1
    assert make.made == 1
    assert await jobs.score_new(make) == await jobs.check_due(make) == 0
    assert make.made == 1
    await Score.all().update(next_check_at=now() - timedelta(minutes=1))
    assert await jobs.check_due(make) == 1
    assert make.made == 2
