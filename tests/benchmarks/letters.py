"""A text of some 24 kB as a mail, with ten links and the name of its reader."""

PARAGRAPH = (
    "Een alinea over geven en vragen, lang genoeg om een regel of wat te vullen, zodat er iets te"
    " lezen is voor wie daar de tijd voor neemt. Nog een zin met genoeg letters erin, en nog een. "
) * 5
HTML = (
    "<html><body><p>Beste {{ name }},</p>"
    + "".join(
        f"<p>{PARAGRAPH}<a href='{{{{ links[{n}] }}}}'>Lees verder</a></p>" for n in range(10)
    )
    + "<a href='{{ way_out }}'>Geen post meer</a></body></html>"
)
TEXT = (
    "Beste {{ name }},\n\n"
    + "".join(f"{PARAGRAPH}\n{{{{ links[{n}] }}}}\n\n" for n in range(10))
    + "Geen post meer: {{ way_out }}\n"
)


def links_of(number: int) -> list[str]:
    """The followed links of one reader."""
    return [f"https://example.org/t/{number}.abcdefghijklmnopqrstuvwx/{n}" for n in range(1, 11)]
