"""One case of a campaign: a scenario on a fresh simulator, a fault at one of its calls, and what must be so in the end."""

import json
import pathlib
import re
import shutil
import signal
import time
from dataclasses import dataclass

import properties
from faults import DEADLINE, FAULTS
from scenarios import SCENARIOS, standing
from simlib import Sim, wait_for
from tandem import Hand, Tandem, find

SPEED = 200
SLOW_SPEED = 20  # where a request's deadline is waited for
PATIENCE = 60
LINGER = 300  # seconds of the daemon's own time: as long as what hardly moves takes to be listed anew, with room
LATEST = 5.0  # what a reply of the socket may take on a machine full of cases
EVERY, SLOW_EVERY = 0.05, 0.3  # seconds between two looks; many a slow case runs beside the others
TOLD = {200, 204}


def template_of(path):
    """A path without ids and query: what calls of one kind have in common."""
    return re.sub(r"ocid1\.[^/?&]*", "{id}", path.split("?")[0])


def pattern_of(template):
    """The simulator's regular expression (POSIX) for it."""
    return "^" + re.escape(template).replace(r"\{id\}", "[^/?]+").replace(r"\-", "-") + "([?]|$)"


@dataclass(frozen=True)
class Case:
    scenario: str
    region: str = None  # None: nothing goes wrong
    method: str = None
    template: str = None
    nth: int = 0
    fault: str = None

    def __str__(self):
        if not self.fault:
            return self.scenario
        return f"{self.scenario} {self.region} {self.method} {self.template} {self.nth} {self.fault}"

    @classmethod
    def parse(cls, text):
        words = text.split()
        if len(words) == 1:
            return cls(words[0])
        scenario, region, method, template, nth, fault = words
        return cls(scenario, region, method, template, int(nth), fault)


class Failure(AssertionError):
    pass


class Run:
    """A case while it runs: its simulator and daemon, and what a scenario may ask of them."""

    def __init__(self, case, directory, estates):
        self.case, self.scenario = case, SCENARIOS[case.scenario]
        self.fault = FAULTS[case.fault] if case.fault else None
        self.speed = SLOW_SPEED if self.fault and self.fault.slow else SPEED
        self.dir, self.estates = pathlib.Path(directory), estates
        self.memo = {}
        self.log = []  # of calls
        self.forgets = []  # epoch: restarts and reloads
        self.armed, self.hit, self.stepped = 0, None, 0.0
        self.reached = None  # epoch: when the declared state first was there
        self.sim = self.daemon = None

    # What scenarios use
    def hand(self, method, o, body=None):
        self.stepped = time.time()
        return Hand(self.sim).call(method, o, body=body)

    def write_specs(self, specs):
        return specs.write(self.dir)

    def reload(self):
        self.stepped = time.time()
        self.forgets.append(self.stepped)
        self.daemon.process.send_signal(signal.SIGHUP)

    def plan(self):
        return self.ask("/plan")

    def approve(self, action):
        # It may lapse between the plan and the word: then the next plan is asked.
        return self.daemon.change("POST", "/approvals", {"id": action}).status in TOLD

    def calls(self):
        self.log += self.sim.calls(self.log[-1]["n"] if self.log else 0)
        return self.log

    # The course of it
    def ask(self, path):
        begun = time.monotonic()
        reply = self.daemon.get(path, timeout=4 * LATEST)
        took = time.monotonic() - begun
        if took > LATEST:
            raise Failure(f"the socket took {took:.1f} s for {path}")
        if reply.status != 200:
            raise Failure(f"the socket said {reply} to {path}")
        return reply.body

    def launch(self):
        self.daemon = Tandem(self.sim, self.dir / "specs", self.scenario.options)
        self.daemon.launch()
        self.daemon.wait_ready()

    def arm(self):
        """From here on the fault can happen, and calls count."""
        case, rules = self.case, list(self.scenario.background)
        if self.fault:
            rules.insert(0, {"region": case.region, "method": case.method, "path": pattern_of(case.template),
                             "from": case.nth, "to": case.nth, **self.fault.rule})
        self.sim.faults(rules)
        self.armed = self.sim.last_call()

    def look(self):
        """The fault's turn has come: what the campaign does about it."""
        if self.hit or not self.fault:
            return
        if self.sim.control("GET", "/faults").body[0]["matched"] < self.case.nth:
            return
        self.hit = time.time()
        if self.fault.kill:
            self.daemon.kill()
            self.hit = time.time()
            self.forgets.append(self.hit)
            self.launch()

    def settled(self):
        """In sync by a view that began after the last thing that happened; and what is read now and then was read once more, so that
        a fault of such a reading is met."""
        if not self.in_sync():
            return False
        self.reached = self.reached or time.time()
        return (not self.fault or self.hit or self.case.method != "GET"
                or time.time() > self.reached + LINGER / self.speed)

    def in_sync(self):
        self.look()
        if self.daemon.process.poll() is not None:
            raise Failure(f"tandemd ended with {self.daemon.process.returncode}")
        self.scenario.tick(self)
        s = self.ask("/status")
        after = max(self.hit or 0, self.stepped)
        return (s["verdict"] == "in-sync" and self.scenario.is_done(self) and not self.plan()["actions"]
                and all(r["complete"] and r["lastComplete"] and properties.instant({"at": r["lastComplete"]}) > after for r in s["regions"]))

    def wait(self, condition, what):
        slow = self.speed == SLOW_SPEED
        wait_for(condition, PATIENCE + (4 * DEADLINE if slow else 0), every=SLOW_EVERY if slow else EVERY, what=what)

    def go(self):
        options = ["--speed", self.speed]
        if self.scenario.estate:
            options += ["--estate", standing(self.scenario.estate, self.estates)]
        self.sim = Sim.start(self.dir / "sim", *options)
        if self.fault and self.fault.options:
            self.sim.options(**self.fault.options)
        self.write_specs(self.scenario.specs())
        self.scenario.prepare(self)
        if self.scenario.from_start:
            self.arm()
        self.launch()
        if not self.scenario.from_start:
            self.wait(lambda: self.ask("/status")["verdict"] == "in-sync", "the estate in sync at first")
            self.arm()
        self.before = self.sim.estate()
        self.scenario.go(self)
        self.wait(self.settled, "the declared state")
        self.judge()

    def judge(self):
        after = self.sim.estate()
        calls = [c for c in self.calls() if c["n"] > self.armed]
        properties.nothing_twice(after)
        properties.foreign_kept(self.before, after, self.scenario.allowed(self))
        properties.nothing_destroyed(calls, self.before, self.scenario.allowed(self), after)
        properties.guarded(calls)
        properties.one_node_at_a_time(calls, self.speed)
        properties.not_hammered(calls, self.speed, forgets=self.forgets)
        for address, text in self.scenario.foreign(self):
            rules = json.dumps(find(self.sim, address))
            if text not in rules:
                raise Failure(f"{address} lost somebody's rule '{text}'")
        self.scenario.check(self)

    def describe(self):
        try:
            return self.daemon.describe()[-5000:] if self.daemon else ""
        except Exception as e:  # noqa: BLE001: it only describes
            return f"(no description: {e!r})"

    def stop(self):
        if self.daemon:
            self.daemon.stop()
        if self.sim:
            self.sim.stop()

    def abort(self):
        for process in (self.daemon and self.daemon.process, self.sim and self.sim.process):
            if process and process.poll() is None:
                process.kill()
                process.wait()


@dataclass
class Outcome:
    case: Case
    trouble: str = None  # None: passed
    met: bool = True  # the call that was to fail happened
    seconds: float = 0.0
    calls: list = None  # of a case without a fault: what there is to disturb


def run(case, directory, estates, keep=False):
    """→ Outcome. The directory is removed when the case passes, unless it is to be kept."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True)
    begun = time.monotonic()
    r = Run(case, directory, pathlib.Path(estates))
    outcome = Outcome(case)
    try:
        r.go()
        outcome.met = bool(r.hit) or not r.fault
        if not r.fault:
            outcome.calls = [(c["region"], c["method"], template_of(c["path"]), c["mutating"]) for c in r.calls()
                             if c["n"] > r.armed and c["principal"] != "hand"]
        r.stop()
    except Exception as e:  # noqa: BLE001: whatever went wrong is the case's outcome
        outcome.trouble = f"{type(e).__name__}: {e}\n{r.describe()}"
        (directory / "trouble").write_text(outcome.trouble)
        try:
            (directory / "calls.json").write_text(json.dumps(r.calls(), indent=0))
        except OSError:
            pass
        r.abort()
    outcome.seconds = time.monotonic() - begun
    if not outcome.trouble and not keep:
        shutil.rmtree(directory)
    return outcome

