"""The pages that import files: only where uploads are accepted, without anything inline, usable without scripts."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import config, create_app
from tests.integration.views.test_every_page import ELSEWHERE, INLINE

NEW, WAITING = "/imports/new", "/imports/waiting"
KEY_FIELD = re.compile(r"<input[^>]*\sdata-key>")


@pytest.fixture(scope="module")
def accepting(settings: config.Settings) -> Flask:
    """An application that accepts uploads."""
    return create_app(settings.model_copy(update={"uploads": 2}))


@pytest.fixture(scope="module")
def beside_uploads(settings: config.Settings) -> Flask:
    """An application that accepts no uploads, beside one that does."""
    return create_app(settings.model_copy(update={"upload_page": True}))


@pytest.fixture
def pages(accepting: Flask, app: Flask) -> dict[str, str]:
    """The HTML of both pages, by path."""
    with accepting.test_client() as client:
        return {path: client.get(path, buffered=True).text for path in (NEW, WAITING)}


@pytest.mark.parametrize("path", [NEW, WAITING])
def test_a_process_without_uploads_has_no_such_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "This portal accepts no uploads here." in answer.text


def test_the_pages_have_nothing_inline_and_nothing_of_another_host(pages: dict[str, str]) -> None:
    assert {path: INLINE.findall(html) + ELSEWHERE.findall(html) for path, html in pages.items()} == {
        NEW: [],
        WAITING: [],
    }


def test_no_form_can_send_the_key(pages: dict[str, str]) -> None:
    fields = {path: KEY_FIELD.findall(html) for path, html in pages.items()}
    assert {path: len(found) for path, found in fields.items()} == {NEW: 1, WAITING: 1}
    assert not re.search(r'\sname="', "".join(fields[NEW] + fields[WAITING]))


def test_a_visitor_without_scripts_reads_the_command(pages: dict[str, str]) -> None:
    for_all = re.findall(r"<noscript>(.*?)</noscript>", pages[NEW], re.DOTALL)
    assert "http://localhost/api/v1/imports?file_name=FILE.nc&amp;dry_run=true" in "".join(for_all)
    assert "/api/v1/imports/waiting" in pages[WAITING]


def test_the_status_page_links_to_the_import_where_it_is(
    accepting: Flask, beside_uploads: Flask, client: FlaskClient
) -> None:
    with accepting.test_client() as other:
        assert f'href="{NEW}"' in other.get("/status", buffered=True).text
    with beside_uploads.test_client() as other:
        assert f'href="{NEW}"' in other.get("/status", buffered=True).text
        assert other.get(NEW).status_code == 404
    assert f'href="{NEW}"' not in client.get("/status", buffered=True).text
