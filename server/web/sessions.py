"""The one cookie there is: a secret that opens a session of staff."""

from starlette.requests import Request
from starlette.responses import Response


def session_cookie(request: Request) -> str:
    """The name of the cookie; with https the browser itself binds it to this host."""
    return "__Host-desk" if request.app.state.settings.is_secure else "desk"


def give_session(request: Request, response: Response, secret: str) -> None:
    """Set the cookie: not for scripts, not for other sites, gone when the browser closes."""
    response.set_cookie(
        session_cookie(request),
        secret,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.is_secure,
    )


def take_session(request: Request, response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        session_cookie(request),
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.is_secure,
    )
