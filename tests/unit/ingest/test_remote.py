"""Datasets by URL: what they give, and what becomes of servers that misbehave. The server is real, and ours."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.errors import Invalid
from app.ingest.interpret.identity import Options
from app.ingest.remote import urls
from app.ingest.reports import Report
from tests import misbehaving
from tests.made_files import rows, table, time_series
from tests.misbehaving import Answer, Dataset, Server

Read = Callable[..., Report]


def csvp(profiles: int = 4) -> bytes:
    """The rows of a made mission as `.csvp`."""
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
    """A server without any answer yet."""
    with misbehaving.serving() as found:
        yield found


@pytest.fixture
def made(server: Server) -> str:
    """The address of a sound dataset."""
    return Dataset("made_1", csvp(), ATTRIBUTES, {"temperature": {"units": "Celsius"}}).put(server)


@pytest.fixture
def ask(read: Read) -> Read:
    """The report of a dry run on a URL, by an import with little patience."""

    def run(url: str, options: Options | None = None, **settings: object) -> Report:
        little: dict[str, object] = {"HALOCLINE_FETCH_BACKOFF_S": 0, "HALOCLINE_FETCH_READ_TIMEOUT_S": 10}
        return read(urls.parsed(url), options, **{**little, **settings})

    return run


@pytest.mark.parametrize(
    "form",
    ["", "/", ".csvp", ".csv", ".csv0", ".json", ".nc", ".html", ".graph?time,depth&.draw=markers&.marker=5%7C5"],
)
def test_every_form_of_a_datasets_address_gives_its_mission(made: str, form: str, ask: Read) -> None:
    report = ask(made + form)

    assert report.outcome == "stored", report.reason
    assert report.mission is not None
    assert (report.mission["platform"], report.mission["mission"]) == ("made", "20200913T1226")
    assert (report.mission["data_mode"], report.mission["profiles"]) == ("D", 4)
    assert report.path == f"{made}.csvp" + ("?time,depth" if "?" in form else "")


def test_the_page_about_a_dataset_gives_its_mission(server: Server, made: str, ask: Read) -> None:
    assert ask(server.url("/erddap/info/made_1/index.html?page=1")).outcome == "stored"


def test_a_file_on_a_server_is_read_as_one_on_disk(server: Server, tmp_path: Path, ask: Read) -> None:
    content = time_series(tmp_path / "a.nc").read_bytes()
    server.answers["/files/a.nc"] = [misbehaving.body(content)]

    report = ask(server.url("/files/a.nc?key=secret"))

    assert (report.outcome, report.path) == ("stored", server.url("/files/a.nc"))
    assert server.requests == ["/files/a.nc?key=secret"]


def test_the_datasets_id_is_the_identity_when_nothing_else_is(server: Server, ask: Read) -> None:
    report = ask(Dataset("sp_9-20200913T1226-delayed", csvp()).put(server))

    assert report.mission is not None
    assert (report.mission["platform"], report.mission["mission"]) == ("sp_9", "20200913T1226")
    assert report.mission["data_mode"] == "D"


def test_a_dataset_without_identity_is_refused_and_taken_with_one(server: Server, ask: Read) -> None:
    url = Dataset("nrt_SEA077_M17", csvp()).put(server)

    assert ask(url).reason_code == "no_mission"
    assert ask(url, Options("sea077", "M17")).outcome == "stored"


def test_a_compressed_answer_is_the_same(server: Server, made: str, ask: Read) -> None:
    plain = ask(made).mission
    server.answers["/erddap/tabledap/made_1.csvp"] = [misbehaving.zipped(csvp())]

    assert ask(made).mission == plain


def test_credentials_are_sent_and_never_shown(server: Server, made: str, ask: Read) -> None:
    report = ask(made.replace("://", "://me:s%40crt@"))

    assert report.outcome == "stored"
    assert server.headers[0]["authorization"] == "Basic bWU6c0BjcnQ="
    assert report.path == f"{made}.csvp"


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        pytest.param([misbehaving.cut(csvp())], "fetch_failed", "incomplete", id="truncated"),
        pytest.param([misbehaving.cut_chunks(csvp())], "fetch_failed", "incomplete", id="last chunk missing"),
        pytest.param([misbehaving.status(500, "<h1>Oh no</h1>")], "server_error", "500: Oh no", id="500 always"),
        pytest.param(
            [misbehaving.status(404, misbehaving.ERROR.format(code=404, message="no matching results. (nRows = 0)"))],
            "no_samples",
            "no matching results. (nRows = 0)",
            id="nothing found",
        ),
        pytest.param(
            [misbehaving.status(404, misbehaving.ERROR.format(code=404, message="Unknown\\ndataset\x1b[31m"))],
            "server_error",
            "404: Unknown dataset [31m",
            id="404",
        ),
        pytest.param(
            [misbehaving.body(misbehaving.ERROR.format(code=500, message="Query error: x").encode())],
            "server_error",
            "Query error: x",
            id="error with 200",
        ),
        pytest.param(
            [misbehaving.body(b"<!DOCTYPE html><html><head><title>Log\n in</title>")], "html_page", "Log in", id="page"
        ),
        pytest.param([misbehaving.body(b"")], "empty_file", "empty", id="empty"),
        pytest.param([misbehaving.body(b"\x89PNG\r\n\x1a\n" + bytes(99))], "unknown_format", "neither", id="a picture"),
        pytest.param([misbehaving.endless], "too_large", "larger", id="endless"),
        pytest.param([misbehaving.bomb], "too_large", "larger", id="bomb"),
        pytest.param([misbehaving.body(b"junk", Content_Encoding="gzip")], "fetch_failed", "damaged", id="no gzip"),
        pytest.param([misbehaving.body(b"junk", Content_Encoding="br")], "fetch_failed", "'br'", id="odd encoding"),
        pytest.param([misbehaving.redirect("csvp")], "server_error", "404", id="to nowhere"),
        pytest.param([misbehaving.redirect("made_1.csvp")], "redirected", "more than 5", id="circle"),
        pytest.param([misbehaving.redirect("file:///etc/passwd")], "redirected", "does not follow", id="to a file"),
        pytest.param(
            [misbehaving.redirect("http://localhost/")], "redirected", "does not follow", id="to another host"
        ),
        pytest.param(
            [misbehaving.redirect("http://127.0.0.1:1/")], "redirected", "does not follow", id="to another port"
        ),
        pytest.param([misbehaving.redirect("/a b\u00e4")], "server_error", "404", id="to an odd path"),
        pytest.param([misbehaving.nonsense], "fetch_failed", "not HTTP", id="no HTTP"),
        pytest.param([misbehaving.flood], "fetch_failed", "not HTTP", id="headers without end"),
        pytest.param([misbehaving.redirect("http://[")], "redirected", "does not follow", id="to no address"),
    ],
)
def test_a_server_that_misbehaves_is_refused_with_what_it_says(
    server: Server, made: str, answers: list[Answer], code: str, said: str, ask: Read
) -> None:
    server.answers["/erddap/tabledap/made_1.csvp"] = answers

    report = ask(made, HALOCLINE_MAX_FILE_BYTES=1 << 20)

    assert (report.outcome, report.reason_code) == ("refused", code)
    assert said in (report.reason or "")
    assert "\n" not in (report.reason or "")


@pytest.mark.parametrize(
    "answer",
    [misbehaving.trickling, misbehaving.trickling_head, misbehaving.silent],
    ids=["by the byte", "head by the byte", "silent"],
)
def test_a_server_that_is_slow_is_left(server: Server, made: str, answer: Answer, ask: Read) -> None:
    server.answers["/erddap/tabledap/made_1.csvp"] = [answer]

    report = ask(made, HALOCLINE_FETCH_TIMEOUT_S=1)

    assert (report.reason_code, report.outcome) == ("fetch_failed", "refused")
    assert "takes longer than 1 s" in (report.reason or "")


def test_a_server_that_is_silent_is_asked_again(server: Server, made: str, ask: Read) -> None:
    server.answers["/erddap/tabledap/made_1.csvp"] = [misbehaving.silent, misbehaving.body(csvp())]

    assert ask(made, HALOCLINE_FETCH_READ_TIMEOUT_S=0.5).outcome == "stored"


@pytest.mark.parametrize("first", [misbehaving.status(500, "busy"), misbehaving.cut(csvp())], ids=["500", "truncated"])
def test_a_server_that_recovers_is_taken(server: Server, made: str, first: Answer, ask: Read) -> None:
    server.answers["/erddap/tabledap/made_1.csvp"] = [first, misbehaving.body(csvp())]

    assert ask(made).outcome == "stored"


def test_a_server_is_asked_so_often_and_not_more(server: Server, made: str, ask: Read) -> None:
    server.answers["/erddap/tabledap/made_1.csvp"] = [misbehaving.status(503, "busy")]

    ask(made, HALOCLINE_FETCH_ATTEMPTS=3)

    assert server.requests.count("/erddap/tabledap/made_1.csvp") == 3


def test_what_is_not_there_is_asked_for_once(server: Server, ask: Read) -> None:
    assert ask(server.url("/erddap/tabledap/none")).reason_code == "server_error"
    assert server.requests == ["/erddap/info/none/index.json"]


def test_a_server_that_is_not_there_is_said_to_be(server: Server, ask: Read) -> None:
    report = ask("http://127.0.0.1:1/erddap/tabledap/made_1")

    assert (report.reason_code, "no connection" in (report.reason or "")) == ("fetch_failed", True)


@pytest.mark.parametrize("text", ["{}", "[1]", '{"table": {"columnNames": ["a"], "rows": [[1]]}}', "no json", "null"])
def test_a_description_that_is_none_is_refused(server: Server, made: str, text: str, ask: Read) -> None:
    server.answers["/erddap/info/made_1/index.json"] = [misbehaving.body(text.encode())]

    assert ask(made).reason_code == "server_error"


def test_the_list_of_all_datasets_is_no_mission(server: Server, ask: Read) -> None:
    report = ask(server.url("/erddap/tabledap/allDatasets.html"))

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
def test_a_window_is_marked_as_a_part(made: str, query: str, count: int, ask: Read) -> None:
    report = ask(made + query)

    assert report.mission is not None, report.reason
    found = {warning["code"]: warning["count"] for warning in report.mission["warnings"]}
    assert found.get("part_of_dataset", 0) == count


def test_the_servers_file_of_a_window_is_marked_as_a_part_too(tmp_path: Path, read: Read) -> None:
    asked = "2023-02-14T14:14:28Z https://a.example/erddap/tabledap/made.nc?time,depth&time%3E=2020-01-01"

    report = read(time_series(tmp_path / "a.nc", attributes={"history": f"made\n{asked}"}))

    assert report.mission is not None
    assert {"code": "part_of_dataset", "count": 1} in report.mission["warnings"]


def test_what_may_be_a_key_is_asked_and_not_shown(server: Server, made: str, ask: Read) -> None:
    report = ask(made + "?time,depth&time>=2020-01-01&token=%22secret%22")

    assert report.path == f'{made}.csvp?time,depth&time>=2020-01-01&token="…'
    assert server.requests[-1] == '/erddap/tabledap/made_1.csvp?time,depth&time>=2020-01-01&token="secret"'


def test_an_address_keeps_its_secrets_to_itself() -> None:
    address = urls.parsed("https://me:pass@a.example/a.nc?key=word")

    assert "pass" not in repr(address) + str(address)
    assert "word" not in repr(address) + str(address)


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/a.nc", "file:///etc/passwd", "http://", "http://a.example:99999/", "http://[::1/", "http://a\n"],
)
def test_what_is_no_address_of_ours_is_invalid(url: str) -> None:
    with pytest.raises(Invalid, match="url"):
        urls.parsed(url)
