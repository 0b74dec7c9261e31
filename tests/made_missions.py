"""Many missions: each filter matches a different share, and every sort order has ties."""

from datetime import UTC, datetime, timedelta

from app.domain.records import BasinShare, Figures, Mission, Source, Variable

START = datetime(2015, 1, 1, tzinfo=UTC)


def make_mission(n: int) -> Mission:
    """Return mission n. Figures repeat, which causes ties; every 7th is simulated, every 11th has no depth."""
    start_at = START + timedelta(days=n // 2 * 11)
    figures = Figures(
        samples=n,
        profiles=n % 13,
        distance_m=float(n % 17),
        max_depth_m=None if n % 11 == 0 else float(n % 19),
        vertical_m=0.0,
        start_at=start_at,
        end_at=start_at + timedelta(days=n % 5, hours=1),
        bbox=None,
    )
    return Mission(
        platform=f"p{n % 8}",
        mission=f"{n:05d}",
        version="v1",
        data_mode="D" if n % 3 == 0 else "R",
        figures=figures,
        basins=(BasinShare(f"B{n % 4}", "A basin", 0.6), BasinShare("B9", "Another", 0.4)),
        variables=tuple(Variable(name, None) for name in ("temperature", "oxygen")[: 1 + n % 2]),
        warnings=(),
        metadata={"project": f"P{n % 6}"},
        declared={},
        source=Source("f.nc", "0" * 64, 1, "made", "mission", start_at, "test"),
        simulated=n % 7 == 0,
        kind="sailbuoy" if n % 5 == 0 else "glider",
    )
