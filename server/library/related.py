"""A gift has to do with what is sold; else nobody can see what somebody is interested in."""

from server.kit.content import Finding, read_document
from server.kit.house import House
from server.library.assets import Library


def unrelated(library: Library, house: House) -> list[Finding]:
    """A warning for each asset that names no theme of the house; none where the house has none."""
    if not house.themes:
        return []
    found = []
    for asset in library.all():
        if not house.themes.keys() & {*asset.themes, *asset.related_to}:
            file = asset.folder / f"index.{asset.language}.md"
            known = ", ".join(house.themes)
            line = read_document(file).line_of("themes")
            values = {"named": ", ".join(asset.themes), "known": known}
            found.append(Finding(file, line, "library.no_theme", values, is_error=False))
    return found
