"""Pictures that others may show beside a link of ours."""

from starlette.responses import Response

DAY = "public, max-age=86400"


def picture(content: bytes) -> Response:
    """A PNG that any site may show and keep for a day."""
    headers = {"Cache-Control": DAY, "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(content, media_type="image/png", headers=headers)
