"""What a request tells of who made it: kept as evidence, never as an identity."""

from dataclasses import dataclass

from starlette.requests import Request

from server.web.limits import short_network


@dataclass(frozen=True)
class Visitor:
    """The facts a hit is judged by. `reader` tells two readers apart and names neither."""

    method: str
    agent: str
    purpose: str
    network: str
    reader: str
    wants_no_tracking: bool


def visitor(request: Request) -> Visitor:
    """The visitor of a request; addresses become keyed hashes here."""
    site = request.app.state.site
    agent = request.headers.get("user-agent", "")[:200]
    network = short_network(request)
    headers = request.headers
    return Visitor(
        method=request.method,
        agent=agent,
        purpose=(headers.get("sec-purpose") or headers.get("purpose") or "")[:40],
        network=site.fingerprint("network", network),
        reader=site.fingerprint("reader", f"{network}\n{agent}"),
        wants_no_tracking="1" in (headers.get("dnt"), headers.get("sec-gpc")),
    )
