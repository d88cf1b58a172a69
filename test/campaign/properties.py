"""What must hold whatever happens: properties of an estate before and after, of the log of calls, and of the socket.

    before = sim.estate()
    …
    nothing_twice(sim.estate())
    foreign_kept(before, sim.estate())
    nothing_destroyed(sim.calls(), before, allowed={ocid})

Each raises AssertionError that names every violation; each takes plain data (GET /estate, GET /calls), so that logs of other runs,
and doctored ones, can be judged as well. A rule is known by its law-4 key, computed here and not by tandem's own code."""

import json
import pathlib
import re
import sys
import threading
import time
from datetime import datetime

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from tandem import GONE, all_live, assert_guarded  # noqa: E402: found beside us only after the line above

guarded = assert_guarded

MARK = re.compile(r"\[tandem [^\]]+\]$")


def fail_on(violations, what):
    assert not violations, f"{len(violations)} × {what}:\n" + "\n".join(f"  {v}" for v in violations[:20])


# Estates

def by_id(estate):
    """Every object, gone ones too."""
    return {o["id"]: o for kinds in estate.values() for objects in kinds.values() for o in objects}


def tag(o, name):
    return (o.get("freeformTags") or {}).get("tandem-" + name)


def is_marked(rule):
    return bool(MARK.search(rule.get("description") or ""))


def plain(value):
    """null, {} and what is left out read alike."""
    if isinstance(value, dict):
        return {k: v for k, v in ((k, plain(v)) for k, v in sorted(value.items())) if v not in (None, {})}
    return value


def security_key(direction, rule):
    address = "source" if direction == "ingress" else "destination"
    return (direction, rule["protocol"], rule[address], rule.get(address + "Type") or "CIDR_BLOCK", bool(rule.get("isStateless")),
            *(json.dumps(plain(rule.get(options)) or {}) for options in ("tcpOptions", "udpOptions", "icmpOptions")))


def keyed_rules(o):
    """[(key, rule)] of all rule lists of an object, by law 4: a security rule is all of it but its description, a route its destination,
    a statement its priority, a static DRG rule its destination and next hop. What the service makes (dynamic routes) is no rule."""
    found = [(security_key("ingress", r), r) for r in o.get("ingressSecurityRules") or []]
    found += [(security_key("egress", r), r) for r in o.get("egressSecurityRules") or []]
    found += [(("route", r["destination"], r.get("destinationType") or "CIDR_BLOCK"), r) for r in o.get("routeRules") or []]
    found += [(("statement", s["priority"]), s) for s in o.get("statements") or []]
    for r in o.get("rules") or []:
        if "direction" in r:
            found.append((security_key(r["direction"].lower(), r), r))
        elif r["routeType"] == "STATIC":
            found.append((("static", r["destination"], r["nextHopDrgAttachmentId"]), r))
    return found


def made_by_tandem(o):
    """By its own tag, or by what the tag defaults of the compartment say though a hand took ours off."""
    return tag(o, "origin") == "created" or "tandem" in str((o.get("definedTags") or {}).get("Oracle-Tags", {}).get("CreatedBy"))


def nodes_of(o):
    """A pool's nodes that are there, or on their way in."""
    return [n for n in o.get("nodes") or [] if n["lifecycleState"] not in ("DELETING", "DELETED")]


def more_than_declared(o):
    """A pool that holds more nodes than its size, or one name twice, got a node twice."""
    nodes, size = nodes_of(o), (o.get("nodeConfigDetails") or {}).get("size")
    names = [n["name"] for n in nodes]
    return (size is not None and len(nodes) > size) or len(set(names)) < len(names)


def is_leftover(o, objects):
    """The attachment of an RPC that is gone or going: it goes with it, and still carries the address of the next one."""
    owner = objects.get((o.get("networkDetails") or {}).get("id"))
    return owner is not None and owner["lifecycleState"] in GONE


def nothing_twice(estate, by_hands=()):
    """No two live things with one address, or of one kind, parent and name where both were made by tandem; no rule twice in one list; no
    more nodes in a pool than its size.
    by_hands: pairs (OCID, key) of rules that a hand wrote twice, and OCIDs of things that a hand put beside ours."""
    objects, addresses, names, violations = by_id(estate), {}, {}, []
    for region, kind, o in all_live(estate):
        address = tag(o, "address")
        place = (region, kind, o.get("vcnId") if kind != "DrgAttachment" else None, o.get("drgId"), o.get("clusterId"),
                 o.get("displayName") or o.get("name"))
        ours = [(addresses, (kind, address))] if address else []
        ours += [(names, place)] if made_by_tandem(o) else []
        if o["id"] in by_hands or is_leftover(o, objects):
            ours = []
        for seen, key in ours:
            if key in seen and not (seen is names and address != tag(objects[seen[key]], "address")):
                violations.append(f"{key}: {seen[key]} and {o['id']}")
            seen[key] = o["id"]
        if more_than_declared(o):
            violations.append(f"{kind} {address or o['id']}: {[n['name'] for n in nodes_of(o)]}")
        keys = [key for key, _ in keyed_rules(o)]
        violations += [f"{kind} {address or o['id']}: {key} {keys.count(key)} times" for key in dict.fromkeys(keys)
                       if keys.count(key) > 1 and (o["id"], key) not in by_hands]
    fail_on(violations, "there twice")


def all_rules_are_ours(o):
    """Statements and static rules have no description to mark: in what tandem created all of them count as ours."""
    return tag(o, "origin") == "created" and ("statements" in o or any("routeType" in r for r in o.get("rules") or []))


def foreign_kept(before, after, hands=()):
    """What somebody else had put there is still there: things without our tags, rules without our mark, tags that are not ours.
    hands: what a hand, or an approval, took away: OCIDs, and pairs (OCID, key) with a rule's key or a tag's name. What is gone took its
    parts along: who may take things away is nothing_destroyed()'s business."""
    now, violations = by_id(after), []
    live_now = {o["id"] for _, _, o in all_live(after)}
    for _, kind, o in all_live(before):
        here = now.get(o["id"])
        if o["id"] not in live_now:
            if not tag(o, "estate") and o["id"] not in hands and not died_with_parent(o, live_now):
                violations.append(f"{kind} {o.get('displayName')} {o['id']} is gone")
            continue
        keys = {key for key, _ in keyed_rules(here)}
        violations += [f"{kind} {o['id']}: lost {key}" for key, rule in keyed_rules(o)
                       if key not in keys and not is_marked(rule) and (o["id"], key) not in hands and not all_rules_are_ours(o)]
        violations += [f"{kind} {o['id']}: lost the tag {name}" for name in o.get("freeformTags") or {}
                       if not name.startswith("tandem-") and name not in (here.get("freeformTags") or {}) and (o["id"], name) not in hands]
    fail_on(violations, "something of others was lost")


def died_with_parent(o, live_now):
    parents = [o.get("vcnId"), o.get("drgId"), (o.get("networkDetails") or {}).get("id")]
    return any(p and p not in live_now for p in parents)


# Calls

OCID = re.compile(r"/(ocid1\.[^/?]+)")
NODE = re.compile(r"/nodePools/[^/]+/node/([^/?]+)$")
TAKES_AWAY = re.compile(r"/actions/(remove|detach)[A-Za-z]+$")


def of_daemon(calls):
    return [c for c in calls if c["principal"] not in (None, "hand")]


def path_of_call(c):
    return c["path"].split("?")[0]


def target_of(c):
    found = OCID.search(path_of_call(c))
    return found and found.group(1)


def taken_by(c):
    """What a call takes away: a node is not its pool."""
    node = NODE.search(path_of_call(c))
    return node.group(1) if node else target_of(c)


def is_idle(o):
    """A second copy, or a rule whose target is gone: its removal takes nothing away."""
    keys = [key for key, _ in keyed_rules(o)]
    return len(set(keys)) < len(keys) or any(r.get("isBlackhole") or r.get("isValid") is False for _, r in keyed_rules(o))


def nothing_destroyed(calls, before, allowed=(), after=None):
    """Each call of the daemon that takes something away is allowed: an attempt counts as much as an effect, so a refused call is judged
    as well. Allowed are the OCIDs that were approved, whole or for one of their rules; the healing of an RPC that reads REVOKED or
    INVALID, in one of the two estates (what is TERMINATED keeps its last word; 'after' also knows what was made meanwhile); and the
    removal of rules that lead nowhere or stand there twice. A node that is given back is asked for by its own OCID: it has to be allowed, and
    its pool, or its cluster, is not by that. What a PUT leaves out is foreign_kept()'s business."""
    seen = [by_id(estate) for estate in (before, after) if estate]
    violations = []
    for c in of_daemon(calls):
        path, target = path_of_call(c), taken_by(c)
        if not (c["method"] == "DELETE" or (c["method"] == "POST" and TAKES_AWAY.search(path))) or target in allowed:
            continue
        sights = [objects[target] for objects in seen if target in objects]
        if c["method"] == "DELETE" and any(o.get("peeringStatus") in ("REVOKED", "INVALID") for o in sights):
            continue
        if c["method"] == "POST" and any(is_idle(o) for o in sights):
            continue
        violations.append(f"{c['n']}: {c['method']} {path} → {c['status']}")
    fail_on(violations, "taken away and never allowed")


# How long the daemon holds still at least after the first failure, in seconds: the shortest row that a status can mean, less the jitter.
# Reads: BACKOFF_DEFAULT in lib/oci/backoff.h, half of it random. Writes: converge_delay() in daemon/engine/converge.c, a quarter of it
# random (act.c). Both grow with each failure in a row, and reach 30 s before any cap matters here.
READ_FIRST, READ_GROWS, READ_MOST = 0.5, 2.0, 15.0
WRITE_FIRST = {401: 7.5, 402: 22.5, 403: 22.5, 405: 22.5, 501: 22.5}
WRITE_ANY, WRITE_GROWS, WRITE_MOST = 0.75, 1.5, 22.5
CLOCK = 0.002  # the log has whole milliseconds, and the shortest wait is one
ON_THE_WAY = 0.1  # what was sent before the answer 429 was read arrives within it


def instant(c):
    return datetime.fromisoformat(c["at"]).timestamp()


def least_wait(c, failures, speed, growth):
    n = failures - 1 if growth else 0
    if c["method"] == "GET":
        return min(READ_FIRST * READ_GROWS ** n, READ_MOST) / speed
    first = WRITE_FIRST.get(c["status"], WRITE_ANY)
    return min(first * WRITE_GROWS ** n, max(first, WRITE_MOST)) / speed


def same_call(c):
    """What counts as the same call: a listing whatever its page, a create by its token."""
    path = re.sub(r"[?&]page=[^&]*", "", c["path"])
    return c["region"], c["method"], path, c.get("retryToken")


def failed(c):
    return c["status"] == 0 or c["status"] >= 400


def not_hammered(calls, speed, growth=True, retry_after=0, forgets=()):
    """After a failure the same call is not repeated before its backoff is over; with 'growth' the wait grows with each failure in a row.
    retry_after: the seconds that each 429 asked for: no call at all goes to that region meanwhile (real seconds: they are the
    service's). forgets: instants (epoch) of restarts, reloads and reconciles, which begin anew; so does a change by a hand."""
    tried, held, violations, repeated = {}, {}, [], set()
    moments = sorted(forgets)
    for c in sorted(calls, key=lambda c: c["n"]):
        at, target = instant(c), target_of(c)
        while moments and moments[0] <= at + CLOCK:
            moments.pop(0)
            tried, held = {}, {}
        if c["principal"] in (None, "hand"):
            if c["mutating"] and target:
                tried = {k: v for k, v in tried.items() if v[2] != target}
            continue
        if ON_THE_WAY < at - held.get(c["region"], at) < retry_after - CLOCK:
            violations.append(f"{c['n']}: {c['method']} {c['path']} though asked to wait {retry_after} s")
        key = same_call(c)
        last, failures, _ = tried.get(key, (None, 0, None))
        if last:
            gap, least = at - instant(last), least_wait(last, failures, speed, growth)
            # A kept connection that turns out to be dead: libcurl asks once more, reads only (lib/http/http.h).
            again = c["method"] == "GET" and last["status"] == 0 and key not in repeated
            repeated = repeated | {key} if again and gap < least - CLOCK else repeated - {key}
            if gap < least - CLOCK and not again:
                violations.append(f"{c['n']}: {c['method']} {c['path']} again after {gap * 1000:.0f} ms, not {least * 1000:.0f}; "
                                  f"failure {failures} was {last['status']}")
        if failed(c):
            tried[key] = (c, failures + 1, target)
        else:
            tried.pop(key, None)
            if c["mutating"] and target:
                tried = {k: (v if v[2] != target else (v[0], 1, target)) for k, v in tried.items()}
        if c["status"] == 429:
            held[c["region"]] = at
    fail_on(violations, "hammered")


def one_mutation_per_parent(calls, estate, speed, processing=0.3):
    """A VCN, a DRG and a thing itself take one change at a time: the next one of the daemon is not sent before the last was answered, which
    takes the service 'processing' seconds (the simulator's processingMsec) by its speed. Creates, whose parent the log does not name,
    and calls that were refused or lost are not judged."""
    objects, last, violations = by_id(estate), {}, []
    for c in of_daemon(calls):
        o = objects.get(target_of(c))
        if not c["mutating"] or o is None or failed(c):
            continue
        for parent in filter(None, {o["id"], o.get("vcnId"), o.get("drgId")}):
            before = last.get(parent)
            if before and instant(c) - instant(before) < processing / speed - CLOCK:
                violations.append(f"{parent}: {before['n']} {before['path']} and {c['n']} {c['path']}")
            last[parent] = c
    fail_on(violations, "two changes at a time")


# What the simulator takes to drain a healthy node, to terminate it and to launch the next, in seconds (test/sim/kinds/node-life.c).
RENEWAL = 30 + 60 + 180


def one_node_at_a_time(calls, speed):
    """In the whole estate a node that works is given back only when the one before it has been replaced. One that nobody heard of is asked
    for again; another one then would be too soon as well."""
    last, violations = None, []
    for c in of_daemon(calls):
        if not NODE.search(path_of_call(c)) or c["method"] != "DELETE" or c["status"] >= 400:
            continue
        if last and taken_by(last) != taken_by(c) and instant(c) - instant(last) < RENEWAL / speed - CLOCK:
            violations.append(f"{last['n']} {last['path']} and {c['n']} {c['path']}")
        last = c
    fail_on(violations, "two nodes at a time")


# The socket

class SocketWatch:
    """Asks a daemon's /status all the time, and fails at the end if an answer took too long, or did not come.

        with SocketWatch(tandem) as watch:
            …
            with watch.away():      # killed, and started again
                …
    """

    def __init__(self, tandem, latest=1.5):
        self.tandem, self.latest = tandem, latest
        self.longest, self.n = 0.0, 0
        self.trouble = []
        self.over = threading.Event()
        self.asking = threading.Lock()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def ask(self):
        start = time.monotonic()
        try:
            r = self.tandem.get("/status", timeout=10 * self.latest)
            if r.status != 200:
                self.trouble.append(f"/status said {r.status}")
        except OSError as e:
            self.trouble.append(f"/status: {e!r}")
        took = time.monotonic() - start
        self.longest = max(self.longest, took)
        self.n += 1
        if took > self.latest:
            self.trouble.append(f"/status took {took:.2f} s")

    def run(self):
        while not self.over.wait(0.05):
            with self.asking:
                self.ask()

    def away(self):
        """While nobody can answer."""
        return self.asking

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.thread.join()
        if not kind:
            assert self.n > 0, "the socket was never asked"
            fail_on(self.trouble, "the socket did not answer in time")
