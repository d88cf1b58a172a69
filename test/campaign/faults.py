"""What can go wrong at one call: the table of faults that a campaign repeats at every call.

A fault is a rule for the simulator's PUT /faults, and what the campaign itself does when the call comes in (kill the daemon)."""

from dataclasses import dataclass, field

DEADLINE = 30  # seconds that a request may take, whatever the speed: what stays silent costs as much


@dataclass(frozen=True)
class FaultKind:
    name: str
    rule: dict
    to: str = "any"  # any | write | read | list | item | peering | work: which calls can suffer it
    kill: bool = False  # kill -9 as soon as the call has come in
    slow: bool = False  # lasts as long as a request's deadline: run at a low speed, or the daemon's polling costs more than the case
    options: dict = field(default_factory=dict)  # of the simulator


def status(number, code, **more):
    return {"action": "status", "status": number, "code": code, **more}


PAGES = {"pageSize": 1, "emptyPages": 0}

FAULTS = {f.name: f for f in [
    FaultKind("kill-before", {"action": "silent"}, kill=True),
    FaultKind("kill-after", {"action": "lost-reply"}, to="write", kill=True),
    FaultKind("lost-reply", {"action": "lost-reply"}),
    FaultKind("refuse", {"action": "refuse"}),
    FaultKind("reset", {"action": "reset"}),
    FaultKind("black-hole", {"action": "silent"}, slow=True),
    FaultKind("401", status(401, "NotAuthenticated")),
    FaultKind("404", status(404, "NotAuthorizedOrNotFound")),
    FaultKind("409-busy", status(409, "IncorrectState")),
    FaultKind("409-conflict", status(409, "Conflict")),
    FaultKind("412", status(412, "NoEtagMatch")),
    FaultKind("429", status(429, "TooManyRequests")),
    FaultKind("429-later", status(429, "TooManyRequests", headers={"retry-after": "1"})),
    FaultKind("500", status(500, "InternalServerError")),
    FaultKind("502", status(502, "BadGateway")),
    FaultKind("503", status(503, "ServiceUnavailable")),
    FaultKind("skew", {"action": "skew"}),
    FaultKind("drip", {"action": "drip", "delayMs": 5}),
    FaultKind("drip-on", {"action": "drip", "delayMs": 1000}, slow=True),
    FaultKind("truncate", {"action": "truncate"}),
    FaultKind("oversize", {"action": "oversize"}),
    FaultKind("garbage", {"action": "garbage"}),
    FaultKind("mistype", {"action": "mistype"}),
    FaultKind("reshape", {"action": "reshape"}),
    FaultKind("latin-1", {"action": "charset", "field": "application/json; charset=iso-8859-1"}),
    FaultKind("not-utf-8", {"action": "charset"}),
    FaultKind("unknown-state", {"action": "unknown-word"}),
    FaultKind("unknown-peering", {"action": "unknown-word", "field": "peeringStatus"}, to="peering"),
    FaultKind("unknown-work", {"action": "unknown-word", "field": "status"}, to="work"),
    FaultKind("no-etag", {"action": "no-etag"}, to="item"),
    FaultKind("stale", {"action": "stale"}, to="read"),
    FaultKind("cut-list", {"action": "cut-list"}, to="list", options=PAGES),
    FaultKind("repeat-page", {"action": "repeat-page"}, to="list", options=PAGES),
]}


def applies(fault, method, template):
    """Can this call suffer it?"""
    listing = method == "GET" and not template.endswith(("{id}", "/all"))
    return {"any": True, "write": method != "GET", "read": method == "GET", "list": listing,
            "item": not listing and method != "DELETE" and "/actions/" not in template,
            "work": "workRequests" in template and not template.endswith("/errors"),
            "peering": "remotePeeringConnections" in template and method != "DELETE" and "/actions/" not in template}[fault.to]
