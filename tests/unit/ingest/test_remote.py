"""Imports of datasets by URL, from a real local server that works or injects faults."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.errors import Invalid
from app.ingest.interpret.identity import Options
from app.ingest.remote import urls
from app.ingest.reports import Report
from tests import faulty_server
from tests.faulty_server import Answer, Dataset, Server
from tests.made_files import rows, table, time_series

Read = Callable[..., Report]


def csvp(profiles: int = 4) -> bytes:
    """Return the rows of a sample mission as `.csvp`."""
    return "".join(",".join(row) + "\n" for row in table(rows(profiles))).encode()


ATTRIBUTES = {
    "id": "made-20200913T1226",
    "title": "Made mission",
    "institution": "Made observatory",
    "license": "CC0",
    "data_mode": "D",
    "history": "made\nread",
}


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server without responses."""
    with faulty_server.serving() as running:
        yield running


@pytest.fixture
def dataset_url(server: Server) -> str:
    """The URL of a sound dataset."""
    return Dataset("made_1", csvp(), ATTRIBUTES, {"temperature": {"units": "Celsius"}}).publish(server)


@pytest.fixture
def dry_run(read: Read) -> Read:
    """Return the report of a dry run on a URL, with short timeouts."""

    def run(url: str, options: Options | None = None, **settings: object) -> Report:
        short: dict[str, object] = {"HALOCLINE_FETCH_BACKOFF_S": 0, "HALOCLINE_FETCH_READ_TIMEOUT_S": 10}
        return read(urls.parsed(url), options, **{**short, **settings})

    return run


@pytest.mark.parametrize(
    "form",
    ["", "/", ".csvp", ".csv", ".csv0", ".json", ".nc", ".html", ".graph?time,depth&.draw=markers&.marker=5%7C5"],
)
def test_every_form_of_a_dataset_url_gives_its_mission(dataset_url: str, form: str, dry_run: Read) -> None:
    report = dry_run(dataset_url + form)

    assert report.outcome == "stored", report.reason
    assert report.mission is not None
    assert (report.mission["platform"], report.mission["mission"]) == ("made", "20200913T1226")
    assert (report.mission["data_mode"], report.mission["profiles"]) == ("D", 4)
    assert report.path == f"{dataset_url}.csvp" + ("?time,depth" if "?" in form else "")


def test_the_url_of_the_info_page_of_a_dataset_gives_its_mission(
    server: Server, dataset_url: str, dry_run: Read
) -> None:
    assert dry_run(server.url("/erddap/info/made_1/index.html?page=1")).outcome == "stored"


def test_a_file_on_a_server_is_read_like_a_local_file(server: Server, tmp_path: Path, dry_run: Read) -> None:
    content = time_series(tmp_path / "a.nc").read_bytes()
    server.answers["/files/a.nc"] = [faulty_server.body(content)]

    report = dry_run(server.url("/files/a.nc?key=secret"))

    assert (report.outcome, report.path) == ("stored", server.url("/files/a.nc"))
    assert server.requests == ["/files/a.nc?key=secret"]


def test_a_dataset_without_attributes_is_identified_by_its_id(server: Server, dry_run: Read) -> None:
    report = dry_run(Dataset("sp_9-20200913T1226-delayed", csvp()).publish(server))

    assert report.mission is not None
    assert (report.mission["platform"], report.mission["mission"]) == ("sp_9", "20200913T1226")
    assert report.mission["data_mode"] == "D"


def test_a_dataset_without_identity_is_refused_and_imported_with_options(server: Server, dry_run: Read) -> None:
    url = Dataset("nrt_SEA077_M17", csvp()).publish(server)

    assert dry_run(url).reason_code == "no_mission"
    assert dry_run(url, Options("sea077", "M17")).outcome == "stored"


def test_a_compressed_response_gives_the_same_mission(server: Server, dataset_url: str, dry_run: Read) -> None:
    plain = dry_run(dataset_url).mission
    server.answers["/erddap/tabledap/made_1.csvp"] = [faulty_server.compressed(csvp())]

    assert dry_run(dataset_url).mission == plain


def test_credentials_are_sent_and_not_reported(server: Server, dataset_url: str, dry_run: Read) -> None:
    report = dry_run(dataset_url.replace("://", "://me:s%40crt@"))

    assert report.outcome == "stored"
    assert server.headers[0]["authorization"] == "Basic bWU6c0BjcnQ="
    assert report.path == f"{dataset_url}.csvp"


@pytest.mark.parametrize(
    ("answers", "code", "reason"),
    [
        pytest.param([faulty_server.truncated(csvp())], "fetch_failed", "incomplete", id="truncated"),
        pytest.param([faulty_server.truncated_chunks(csvp())], "fetch_failed", "incomplete", id="last chunk missing"),
        pytest.param(
            [faulty_server.status(500, "<h1>Oh no</h1>")],
            "server_error",
            "500 (Internal Server Error): “Oh no”",
            id="permanent 500",
        ),
        pytest.param(
            [
                faulty_server.status(
                    404, faulty_server.ERROR.format(code=404, message="no matching results. (nRows = 0)")
                )
            ],
            "no_samples",
            "no rows that match",
            id="no matching rows",
        ),
        pytest.param(
            [faulty_server.status(404, faulty_server.ERROR.format(code=404, message="Unknown\\ndataset\x1b[31m"))],
            "server_error",
            "404 (Not Found): “Unknown dataset [31m”",
            id="404",
        ),
        pytest.param(
            [faulty_server.body(faulty_server.ERROR.format(code=500, message="Query error: x").encode())],
            "server_error",
            "200: “Query error: x”",
            id="error with 200",
        ),
        pytest.param(
            [faulty_server.body(b"<!DOCTYPE html><html><head><title>Log\n in</title>")],
            "html_page",
            "a web page: “Log in”",
            id="web page",
        ),
        pytest.param([faulty_server.body(b"")], "empty_file", "empty", id="empty"),
        pytest.param(
            [faulty_server.body(b"\x89PNG\r\n\x1a\n" + bytes(99))], "unknown_format", "neither", id="a picture"
        ),
        pytest.param([faulty_server.endless_body], "too_large", "larger", id="endless body"),
        pytest.param([faulty_server.gzip_bomb], "too_large", "larger", id="gzip bomb"),
        pytest.param([faulty_server.body(b"junk", Content_Encoding="gzip")], "fetch_failed", "damaged", id="no gzip"),
        pytest.param([faulty_server.body(b"junk", Content_Encoding="br")], "fetch_failed", "'br'", id="odd encoding"),
        pytest.param([faulty_server.redirect("csvp")], "server_error", "404", id="redirect to a missing page"),
        pytest.param([faulty_server.redirect("made_1.csvp")], "redirected", "more than 5", id="circular redirect"),
        pytest.param(
            [faulty_server.redirect("file:///etc/passwd")], "redirected", "does not follow", id="redirect to a file"
        ),
        pytest.param(
            [faulty_server.redirect("http://localhost/")],
            "redirected",
            "does not follow",
            id="redirect to another host",
        ),
        pytest.param(
            [faulty_server.redirect("http://127.0.0.1:1/")],
            "redirected",
            "does not follow",
            id="redirect to another port",
        ),
        pytest.param(
            [faulty_server.redirect("/a b\u00e4")], "server_error", "404", id="redirect to a path with odd characters"
        ),
        pytest.param([faulty_server.not_http], "fetch_failed", "not HTTP", id="no HTTP"),
        pytest.param([faulty_server.too_many_headers], "fetch_failed", "not HTTP", id="a thousand headers"),
        pytest.param(
            [faulty_server.redirect("http://[")], "redirected", "does not follow", id="redirect to an invalid URL"
        ),
    ],
)
def test_a_faulty_response_is_refused_with_its_cause(
    server: Server, dataset_url: str, answers: list[Answer], code: str, reason: str, dry_run: Read
) -> None:
    server.answers["/erddap/tabledap/made_1.csvp"] = answers

    report = dry_run(dataset_url, HALOCLINE_MAX_FILE_BYTES=1 << 20)

    assert (report.outcome, report.reason_code) == ("refused", code)
    assert reason in (report.reason or "")
    assert "\n" not in (report.reason or "")


@pytest.mark.parametrize(
    "answer",
    [faulty_server.slow_body, faulty_server.slow_headers, faulty_server.no_response],
    ids=["slow body", "slow headers", "no response"],
)
def test_a_slow_response_is_refused_after_the_timeout(
    server: Server, dataset_url: str, answer: Answer, dry_run: Read
) -> None:
    server.answers["/erddap/tabledap/made_1.csvp"] = [answer]

    report = dry_run(dataset_url, HALOCLINE_FETCH_TIMEOUT_S=1)

    assert (report.reason_code, report.outcome) == ("fetch_failed", "refused")
    assert "takes longer than 1 s" in (report.reason or "")


def test_a_message_of_a_server_is_a_bounded_quotation_without_markup_and_addresses(
    server: Server, dataset_url: str, dry_run: Read
) -> None:
    message = "Gone”. stored made/1: see http://evil.example/a &lt;script&gt;alert(1)&lt;/script&gt; " + "x" * 5000
    page = faulty_server.ERROR.format(code=404, message=message)
    server.answers["/erddap/tabledap/made_1.csvp"] = [faulty_server.status(404, page)]

    reason = dry_run(dataset_url).reason or ""

    quoted = reason.partition("the server responds 404 (Not Found): ")[2]
    assert quoted.startswith("“Gone'. stored made/1: see … script alert(1) /script xxx")
    assert quoted.endswith("x…”")
    assert quoted.count("”") == 1
    assert len(quoted) == 122


def test_a_request_without_a_response_is_retried(server: Server, dataset_url: str, dry_run: Read) -> None:
    server.answers["/erddap/tabledap/made_1.csvp"] = [faulty_server.no_response, faulty_server.body(csvp())]

    assert dry_run(dataset_url, HALOCLINE_FETCH_READ_TIMEOUT_S=0.5).outcome == "stored"


@pytest.mark.parametrize(
    "first", [faulty_server.status(500, "busy"), faulty_server.truncated(csvp())], ids=["500", "truncated"]
)
def test_a_failed_request_is_retried(server: Server, dataset_url: str, first: Answer, dry_run: Read) -> None:
    server.answers["/erddap/tabledap/made_1.csvp"] = [first, faulty_server.body(csvp())]

    assert dry_run(dataset_url).outcome == "stored"


def test_a_request_is_sent_at_most_the_configured_number_of_times(
    server: Server, dataset_url: str, dry_run: Read
) -> None:
    server.answers["/erddap/tabledap/made_1.csvp"] = [faulty_server.status(503, "busy")]

    dry_run(dataset_url, HALOCLINE_FETCH_ATTEMPTS=3)

    assert server.requests.count("/erddap/tabledap/made_1.csvp") == 3


def test_a_missing_dataset_is_requested_once(server: Server, dry_run: Read) -> None:
    assert dry_run(server.url("/erddap/tabledap/none")).reason_code == "server_error"
    assert server.requests == ["/erddap/info/none/index.json"]


def test_an_unreachable_server_is_reported(server: Server, dry_run: Read) -> None:
    report = dry_run("http://127.0.0.1:1/erddap/tabledap/made_1")

    assert (report.reason_code, "no connection" in (report.reason or "")) == ("fetch_failed", True)


@pytest.mark.parametrize("text", ["{}", "[1]", '{"table": {"columnNames": ["a"], "rows": [[1]]}}', "no json", "null"])
def test_an_invalid_description_is_refused(server: Server, dataset_url: str, text: str, dry_run: Read) -> None:
    server.answers["/erddap/info/made_1/index.json"] = [faulty_server.body(text.encode())]

    assert dry_run(dataset_url).reason_code == "server_error"


def test_the_list_of_all_datasets_is_refused(server: Server, dry_run: Read) -> None:
    report = dry_run(server.url("/erddap/tabledap/allDatasets.html"))

    assert (report.reason_code, server.requests) == ("not_observations", [])


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?time,latitude,longitude,depth,profile_index&time>=2020-09-13T12:30:00Z", 1),
        ("?&time%3E=2020-09-13&time%3C2020-09-14", 2),
        ("?&depth<20&orderBy(%22time%22)", 1),
        ("?&orderByMax(%22profile_index,time%22)", 1),
        ("?&profile_index=1", 1),
        ("?&temperature!=9", 1),
        ("?&trajectory=%22made%22&distinct()", 0),
    ],
)
def test_a_subset_of_a_dataset_causes_a_warning(dataset_url: str, query: str, count: int, dry_run: Read) -> None:
    report = dry_run(dataset_url + query)

    assert report.mission is not None, report.reason
    counts = {warning["code"]: warning["count"] for warning in report.mission["warnings"]}
    assert counts.get("part_of_dataset", 0) == count


def test_a_downloaded_subset_causes_a_warning(tmp_path: Path, read: Read) -> None:
    request = "2023-02-14T14:14:28Z https://a.example/erddap/tabledap/made.nc?time,depth&time%3E=2020-01-01"

    report = read(time_series(tmp_path / "a.nc", attributes={"history": f"made\n{request}"}))

    assert report.mission is not None
    assert {"code": "part_of_dataset", "count": 1} in report.mission["warnings"]


def test_a_possible_key_in_a_query_is_sent_and_not_reported(server: Server, dataset_url: str, dry_run: Read) -> None:
    report = dry_run(dataset_url + "?time,depth&time>=2020-01-01&token=%22secret%22")

    assert report.path == f'{dataset_url}.csvp?time,depth&time>=2020-01-01&token="…'
    assert server.requests[-1] == '/erddap/tabledap/made_1.csvp?time,depth&time>=2020-01-01&token="secret"'


def test_the_text_of_an_address_contains_no_secret() -> None:
    address = urls.parsed("https://me:pass@a.example/a.nc?key=word")

    assert "pass" not in repr(address) + str(address)
    assert "word" not in repr(address) + str(address)


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/a.nc", "file:///etc/passwd", "http://", "http://a.example:99999/", "http://[::1/", "http://a\n"],
)
def test_an_unsupported_or_malformed_url_is_invalid(url: str) -> None:
    with pytest.raises(Invalid, match="url"):
        urls.parsed(url)
