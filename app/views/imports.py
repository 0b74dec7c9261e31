"""The pages for operators that import files and that decide about waiting uploads; their script uses the API.

No request of these pages has the API key: only the requests of the script do, and those go to the API.
"""

from flask import Blueprint, render_template

from app import portal
from app.domain.records import MODE_NAMES
from app.errors import NotFound
from app.http import public_url

bp = Blueprint("imports", __name__, url_prefix="/imports")


@bp.get("/new")
def new() -> str:
    """Check files and import them. Raises NotFound where this process accepts no uploads."""
    return _page("import_files.html", modes=MODE_NAMES.items())


@bp.get("/waiting")
def waiting() -> str:
    """Approve or reject the uploads that wait for an operator. Raises NotFound as `new` does."""
    return _page("import_waiting.html")


def _page(template: str, **content: object) -> str:
    settings = portal.current().settings
    if not settings.uploads:
        raise NotFound("This portal accepts no uploads here.")
    return render_template(template, root=public_url.root(), most_bytes=settings.max_file_bytes, **content)
