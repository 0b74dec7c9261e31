"""URLs in messages: the worker imports what the caller named."""

import pytest

from app.ingest.remote import urls


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/files/M17.nc",
        "https://a.example:8443/get?file=M17.nc&key=a%20b",
        "https://a.example/erddap/tabledap/nrt_sea077_m17.html",
        'https://a.example/erddap/tabledap/nrt.csvp?time,depth&time>=2020-01-01&trajectory="x [1]"',
        "https://a.example/erddap/info/nrt_sea077_m17/index.html?page=1",
        "https://[2001:db8::1]/erddap/tabledap/a.b.nc",
    ],
)
def test_a_url_of_a_message_is_that_of_the_caller(text: str) -> None:
    address = urls.parsed(text)
    again = urls.parsed(address.whole())

    assert (again.shown, again.dataset, again.query) == (address.shown, address.dataset, address.query)
    assert again.dataset is not None or again.url == address.url
    assert again.dataset is None or again.table_url() == address.table_url()
