"""The objectives outside of the rules: the table in the documentation and the thresholds of the load test."""

from monitoring.slo import Burn, Objectives, Slo

BEGIN, END = "<!-- slo:begin, generated from monitoring/slo.yaml -->", "<!-- slo:end -->"


def table(objectives: Objectives) -> str:
    """Return the table of the objectives in Markdown."""
    head = [
        "| objective | good | of 30 days | budget | pages above | tickets above |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *(_row(objectives, slo) for slo in objectives.slos)]) + "\n"


def _row(objectives: Objectives, slo: Slo) -> str:
    rows = objectives.rows_of(slo)
    pages, tickets = ([burn for burn in rows if burn.is_page is page] for page in (True, False))
    cells = [
        f"`{slo.name}`",
        slo.title,
        slo.percent,
        f"{_percent(slo, 1)}",
        _limits(slo, pages) or "never",
        _limits(slo, tickets),
    ]
    return f"| {' | '.join(cells)} |"


def _limits(slo: Slo, burns: list[Burn]) -> str:
    return ", ".join(
        f"{_percent(slo, burn.factor)} in {burn.long} and {burn.short}"
        for burn in burns
        if burn.factor * slo.budget < 1
    )


def _percent(slo: Slo, factor: object) -> str:
    share = slo.budget * 100 * factor  # type: ignore[operator]
    return f"{share.normalize():f} %"


def with_table(text: str, objectives: Objectives) -> str:
    """Return a document with the table between its markers. Raises ValueError if a marker is missing."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the document has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{table(objectives)}{END}{after}"


def thresholds(objectives: Objectives) -> str:
    """Return the objectives of requests as thresholds of a load test, in TOML."""
    lines = []
    for slo in objectives.slos:
        if slo.indicator == "errors":
            lines.append(f"max_failed_ratio = {slo.budget}")
        if slo.below_s is not None:
            lines.append(f"p{(slo.objective * 100).normalize():f}_ms = {slo.below_s * 1000:.0f}")
    return "\n".join(lines) + "\n"
