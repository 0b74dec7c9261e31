"""Pictures of the dashboards with live data: python -m monitoring.pictures --prometheus URL --namespace NAME."""

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from monitoring.pictures import packages, page
from monitoring.pictures.page import Source

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("overview", "traffic", "causes", "capacity", "data")
_REFRESH_S = 30


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status: 1 if a panel has no data or cannot be drawn, 2 if a program or a package is missing."""
    chosen = _parser().parse_args(arguments)
    source = Source(
        prometheus=chosen.prometheus,
        namespace=chosen.namespace,
        service=chosen.service,
        route=chosen.route,
        minutes=chosen.minutes,
        scrape_s=chosen.scrape_seconds,
        end_s=chosen.end and chosen.end.timestamp(),
    )
    try:
        bundle = packages.bundle()
        if chosen.page:
            document = page.board(chosen.only or NAMES[0])
            chosen.page.write_text(page.text(document, source, bundle, _REFRESH_S), encoding="utf-8")
            return 0
        return _pictures([chosen.only] if chosen.only else list(NAMES), source, bundle, chosen)
    except packages.NotBuilt as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _pictures(names: list[str], source: Source, bundle: Path, chosen: argparse.Namespace) -> int:
    # Here, because a live page needs no browser of ours.
    from monitoring.pictures import browser

    is_failed = False
    chosen.out.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as folder, browser.opened(page.WIDTH) as chrome:
            for name in names:
                html = Path(folder) / f"{name}.html"
                html.write_text(page.text(page.board(name), source, bundle), encoding="utf-8")
                faults = refused(browser.failures(chrome, html), chosen.allow_empty)
                for fault in faults:
                    sys.stderr.write(f"{name}: {fault}\n")
                is_failed = is_failed or bool(faults)
                if not faults:
                    path = chosen.out / f"dashboard-{name}.png"
                    path.write_bytes(browser.picture(chrome, page.WIDTH))
                    sys.stdout.write(f"{path}\n")
    except browser.NoBrowser as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 1 if is_failed else 0


def refused(failures: list[dict[str, str]], allow_empty: bool) -> list[str]:
    """Return the texts of the failures that spoil a picture: with `allow_empty`, missing data do not."""
    return [one["text"] for one in failures if not (allow_empty and one["kind"] == "empty")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m monitoring.pictures", description=__doc__)
    parser.add_argument("--prometheus", required=True, metavar="URL", help="such as http://127.0.0.1:9090")
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--service", default="halocline")
    parser.add_argument("--route", default=".*", help="regular expression (default: all routes)")
    parser.add_argument("--minutes", type=int, default=60, help="range (default: 60)")
    parser.add_argument(
        "--end", type=_time, metavar="TIME", help="end of the range, as 2026-01-31T23:59Z (default: now)"
    )
    parser.add_argument("--scrape-seconds", type=int, default=10, help="scrape interval (default: 10)")
    parser.add_argument("--only", choices=NAMES, help="one dashboard (default: all)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "img", help="folder (default: docs/img)")
    parser.add_argument("--allow-empty", action="store_true", help="draw panels without data instead of failing")
    parser.add_argument("--page", type=Path, help="write a page that refreshes itself to this file, and no picture")
    return parser


def _time(text: str) -> datetime:
    """Return the time of an ISO 8601 text; without an offset it is UTC."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
