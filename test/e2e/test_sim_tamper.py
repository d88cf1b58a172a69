"""tandem-sim: replies that are made wrong on command, and calls that a wrong clock judges."""

import json
from email.utils import parsedate_to_datetime

import pytest
from signing import Client
from simlib import SJC, Sim


@pytest.fixture()
def sim(tmp_path):
    with Sim.start(tmp_path, "--speed", "1000") as s:
        s.options(emptyPages=0)
        yield s


@pytest.fixture()
def client(sim):
    with Client(sim) as c:
        yield c


def path(sim):
    return f"/drgs?compartmentId={sim.compartment}"


def fault(sim, action, **more):
    sim.faults([{"path": "drgs", "to": 1, "action": action, **more}])


def test_a_page_for_people(sim, client):
    fault(sim, "garbage")
    r = client.get(SJC, path(sim))
    assert r.status == 200 and r.headers["content-type"] == "text/html" and r.raw.startswith(b"<html>")
    assert client.get(SJC, path(sim)).body == []


def test_mistyped(sim, client):
    drg = sim.create(SJC, "/drgs", displayName="a")
    fault(sim, "mistype")
    seen = client.get(SJC, f"/drgs/{drg['id']}").body
    assert seen["id"] == drg["id"] and seen.keys() == drg.keys()
    assert not any(isinstance(seen[k], type(drg[k])) for k in drg if k != "id")
    fault(sim, "mistype")
    assert client.get(SJC, path(sim)).body == [seen]


def test_reshaped(sim, client):
    drg = sim.create(SJC, "/drgs")
    fault(sim, "reshape")
    assert [o["id"] for o in client.get(SJC, path(sim)).body["items"]] == [drg["id"]]
    fault(sim, "reshape")
    assert [o["id"] for o in client.get(SJC, f"/drgs/{drg['id']}").body] == [drg["id"]]


def test_charset(sim, client):
    drg = sim.create(SJC, "/drgs")
    for announced in ("application/json; charset=iso-8859-1", None):
        fault(sim, "charset", **({"field": announced} if announced else {}))
        r = client.get(SJC, f"/drgs/{drg['id']}")
        assert r.headers["content-type"] == (announced or "application/json")
        with pytest.raises(UnicodeDecodeError):
            r.raw.decode("utf-8")
        assert isinstance(json.loads(r.raw.decode("latin-1")), dict)


def test_unknown_words(sim, client):
    drg = sim.create(SJC, "/drgs")
    fault(sim, "unknown-word")
    assert client.get(SJC, path(sim)).body[0]["lifecycleState"] == "HIBERNATING"
    fault(sim, "unknown-word", field="displayName")
    assert client.get(SJC, f"/drgs/{drg['id']}").body == {**drg, "displayName": "HIBERNATING"}


def test_no_etag(sim, client):
    drg = sim.create(SJC, "/drgs")
    fault(sim, "no-etag")
    assert "etag" not in client.get(SJC, f"/drgs/{drg['id']}").headers
    assert "etag" in client.get(SJC, f"/drgs/{drg['id']}").headers


@pytest.fixture()
def pages(sim):
    sim.options(pageSize=1)
    return [sim.create(SJC, "/drgs")["id"] for _ in range(3)]


def follow(sim, client):
    ids, page = [], None
    while True:
        r = client.get(SJC, path(sim) + (f"&page={page}" if page else ""))
        ids += [o["id"] for o in r.body]
        page = r.headers.get("opc-next-page")
        if not page:
            return ids


def test_list_cut_short(sim, client, pages):
    fault(sim, "cut-list")
    assert len(follow(sim, client)) == 1
    assert sorted(follow(sim, client)) == sorted(pages)


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_page_repeated(sim, client, pages, nth):
    sim.faults([{"path": "drgs", "from": nth, "to": nth, "action": "repeat-page"}])
    ids = follow(sim, client)
    assert len(ids) == 4 and set(ids) == set(pages) and ids[nth - 1] == ids[nth]


def test_another_clock(sim, client):
    fault(sim, "skew")
    r, now = client.get(SJC, path(sim)), client.get(SJC, path(sim))
    assert (r.status, r.code) == (401, "NotAuthenticated") and now.status == 200
    ahead = parsedate_to_datetime(r.headers["date"]) - parsedate_to_datetime(now.headers["date"])
    assert 3590 < ahead.total_seconds() < 3610


def test_drip(sim, client):
    sim.create(SJC, "/drgs")
    fault(sim, "drip", delayMs=1)
    assert client.get(SJC, path(sim)).body == client.get(SJC, path(sim)).body


def test_oversize(sim, client):
    sim.create(SJC, "/drgs")
    fault(sim, "oversize")
    r = client.get(SJC, path(sim), timeout=60)
    assert len(r.raw) > 16 << 20 and json.loads(r.raw) == client.get(SJC, path(sim)).body


def test_a_kept_key(tmp_path):
    """A simulator that starts again where it was keeps the API key, and what holds it goes on working."""
    with Sim.start(tmp_path):
        key = (tmp_path / "key.pem").read_bytes()
    with Sim.start(tmp_path) as sim, Client(sim) as client:
        assert (tmp_path / "key.pem").read_bytes() == key
        assert client.get(SJC, path(sim)).status == 200
