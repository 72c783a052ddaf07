"""A run on a frozen plan: what its record leaves to do, and what is recorded. Without Ansible and without the program."""

from __future__ import annotations

import sys
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "plugins/plugin_utils"))

from regal_rollout import configuration, events, plan, program, report, settings  # noqa: E402
from regal_rollout.front import front  # noqa: E402
from regal_rollout.hooks import Hooks  # noqa: E402
from regal_rollout.needs import needless  # noqa: E402
from regal_rollout.opening import Opening  # noqa: E402
from regal_rollout.policy import Policy  # noqa: E402
from regal_rollout.recording import Recording  # noqa: E402
from regal_rollout.run import Run  # noqa: E402
from regal_rollout.standing import Standing  # noqa: E402

GROUPS = {
    "all": ["a", "b", "c", "d", "e"],
    "app_groupA": ["a"],
    "app_groupB1": ["b", "c"],
    "app_groupB2": ["d", "e"],
    "regal_done": [],
}


def batch(name: str, state: str, done: str = "", lost: str = "", **more: Any) -> dict[str, Any]:
    hosts = GROUPS[f"app_group{name}"]
    return {
        "group": f"app_group{name}",
        "hosts": len(hosts),
        "state": state,
        "direction": None if state == "waiting" else "forward",
        "done": done.split(),
        "left": [host for host in hosts if host not in done + lost],
        "lost": [{"host": host} for host in lost.split()],
        "approved_by": None,
        "watched": None,
        "back_to": None,
        "on_failure": "stop",
        "rollback_to": None,
        "gates": False,
        "held": None,
        "lost_as_a_whole": None,
    } | more


def standing(*batches: dict[str, Any], back: str = "") -> Standing:
    there = {f"app_group{name}": batch(name, "waiting") for name in ("A", "B1", "B2")} | {found["group"]: found for found in batches}
    to_go_back = [f"app_group{name}" for name in back.split()]
    document = {"plan": "p.rollout.yml", "plan_id": "0123456789ab", "record": "p.rollout.jsonl", "to_go_back": to_go_back}
    return Standing.of_document(document | {"batches": list(there.values())})


def made(found: Standing, back: bool = False, limit: str = "", done: str = "", **given: Any) -> plan.Plan:
    groups = GROUPS | {"regal_done": done.split()}
    read = settings.read({"rollout_version": "app"} | {f"rollout_{name}": value for name, value in given.items()}, back)
    return plan.make(read, Hooks(ROOT / "playbooks/hooks"), groups, limit.split() or groups["all"], standing=found)


def watched(seconds: int, ago: int) -> dict[str, Any]:
    since = datetime.now(timezone.utc) - timedelta(seconds=ago)
    return {"watched": {"since": since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "seconds": seconds}}


class Left(unittest.TestCase):
    def waves(self, found: plan.Plan) -> list[str]:
        self.assertEqual(found.problems, ())
        return [f"{wave.batch}{'?' if wave.watched else ''} {' '.join(wave.hosts)}" for wave in found.waves]

    def test_hosts_that_are_done_are_left_out(self) -> None:
        found = made(standing(batch("A", "done", "a"), batch("B1", "lost", "b", "c")), done="a b")
        self.assertEqual(self.waves(found), ["B1 c", "B2 d e"])
        self.assertEqual(found.patterns, ["app_groupB1", "app_groupB2", "!regal_done"])
        self.assertEqual((found.id, found.left_out, found.earlier["app_groupB1"].batch), ("0123456789ab", 0, "A"))
        self.assertEqual(found.through("app_groupB1"), {"b"})

    def test_a_host_that_is_in_no_group_of_done_ones_is_left_out_by_its_name(self) -> None:
        found = made(standing(batch("B1", "lost", "b", "c")))
        self.assertEqual(found.patterns, ["app_groupA", "app_groupB1", "app_groupB2", "!b"])

    def test_a_batch_that_is_done_but_for_hosts_that_may_be_lost_is_tried_again_where_that_is_wanted(self) -> None:
        record = standing(batch("A", "done", "a"), batch("B1", "done", "b", "c"))
        self.assertEqual(self.waves(made(record, done="a b")), ["B2 d e"])
        self.assertEqual(self.waves(made(record, done="a b", retry_lost=True)), ["B1 c", "B2 d e"])

    def test_nothing_may_be_left(self) -> None:
        all_done = standing(*(batch(name, "done", " ".join(GROUPS[f"app_group{name}"])) for name in ("A", "B1", "B2")))
        self.assertTrue(made(all_done, done="a b c d e").over)
        self.assertFalse(made(standing()).over)
        self.assertEqual(made(standing(), limit="x").problems, ("no host is left in these batches",))

    def test_the_way_back_goes_through_what_was_begun(self) -> None:
        record = standing(batch("A", "done", "a"), batch("B2", "lost", "d", "e", direction="back"), back="B2 A")
        found = made(record, back=True, back_to="old")
        self.assertEqual(self.waves(found), ["B2 e", "A a"])
        self.assertEqual(found.patterns, ["app_groupB2", "app_groupA", "!d"])

    def test_what_was_not_watched_to_the_end_is_watched(self) -> None:
        def left(**more: Any) -> list[str]:
            return self.waves(made(standing(batch("A", more.pop("state", "done"), "a", **more)), done="a"))

        self.assertEqual(left(state="interrupted"), ["A? a", "B1 b c", "B2 d e"])
        self.assertEqual(left(**watched(60, ago=10)), ["A? a", "B1 b c", "B2 d e"])
        self.assertEqual(left(**watched(60, ago=70)), ["B1 b c", "B2 d e"])
        self.assertEqual(left(), ["B1 b c", "B2 d e"])
        # Whoever began B1 had watched A.
        record = standing(batch("A", "done", "a", **watched(60, ago=10)), batch("B1", "lost", "b", "c"))
        self.assertEqual(self.waves(made(record, done="a b")), ["B1 c", "B2 d e"])

    def test_the_hosts_of_a_batch_that_were_watched_come_before_those_that_are_done_again(self) -> None:
        record = standing(batch("A", "done", "a"), batch("B1", "lost", "c", "b", **watched(60, ago=10)))
        found = made(record, done="a c")
        self.assertEqual(self.waves(found), ["B1? c", "B1 b", "B2 d e"])
        self.assertEqual((found.hosts, found.patterns), (["c", "b", "d", "e"], ["c", "app_groupB1", "app_groupB2"]))
        self.assertEqual((found.has_begun("app_groupB1"), found.has_begun("app_groupB2"), found.left_out), (True, False, 0))
        self.assertEqual(self.waves(made(record, limit="b d", done="a c")), ["B1 b", "B2 d"])
        self.assertEqual(self.waves(made(record, limit="c", done="a c")), ["B1? c"])
        opening = [Opening(Run(found), index, {}) for index in range(3)]
        self.assertEqual([each.gate for each in opening], [True, False, True])

    def test_problems(self) -> None:
        for wanted, given in (("rollout_from: the record", {"from": "B1"}), ("rollout_plan_id: the record", {"plan_id": "x"})):
            self.assertTrue(made(standing(), **given).problems[0].startswith(wanted), wanted)
        back = standing(batch("A", "done", "a", direction="back", back_to="old"), back="B1")
        self.assertIn("app_groupA was taken back to old before", made(back, back=True, back_to="older").problems[0])
        self.assertEqual(made(back, back=True, back_to="old").problems, ())
        less = standing(batch("B1", "waiting", left=["b"]))
        self.assertEqual(made(less).problems, ("app_groupB1 of the frozen plan p.rollout.yml does not have c: another inventory adds to its groups",))
        # A limit of the inventory takes b out of its batch, and all of B2.
        short = {"all": GROUPS["all"], "app_groupA": ["a"], "app_groupB1": ["c"]}
        found = plan.make(settings.read({"rollout_version": "app"}, False), Hooks(ROOT / "playbooks/hooks"), short, short["all"], standing=standing())
        self.assertEqual([problem.split(" of the frozen")[0] for problem in found.problems], ["app_groupB1 lacks b", "app_groupB2 lacks d, e"])
        read = settings.read({"rollout_version": "app", "rollout_take_over": "yes"}, False)
        without = plan.make(read, Hooks(ROOT / "playbooks/hooks"), GROUPS, GROUPS["all"])
        self.assertEqual(without.problems, ("rollout_take_over is for a frozen plan, which has a record of its runs",))

    def test_a_list_of_hosts_goes_by_the_groups(self) -> None:
        self.assertIsNone(Standing.of_groups(GROUPS))
        found = Standing.of_groups(GROUPS | {"regal_done": ["a"], "regal_waiting": ["d", "e"]})
        self.assertEqual((found and found.behind("app_groupA", False), found and found.to_go_back[0]), ({"a"}, "app_groupB2"))

    def test_a_frozen_plan_is_found_among_the_sources(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name, "x.rollout.yml")
            file.write_bytes(configuration.FROZEN + b"plugin: regal-inventory\n")
            Path(name, "hosts.yml").write_text("all:\n")
            self.assertEqual(configuration.frozen_among(["a,b", f"{name}/hosts.yml", name]), str(file))
            self.assertIsNone(configuration.frozen_among([f"{name}/hosts.yml", f"{name}/none"]))


class Begins(unittest.TestCase):
    def opening(self, found: plan.Plan, **policy: Any) -> Opening:
        return Opening(Run(found), 0, {"app": Policy(**policy)})

    def test_the_first_wave_waits_for_an_approval_that_the_record_lacks(self) -> None:
        waits = made(standing(batch("A", "done", "a")), done="a")
        self.assertTrue(self.opening(waits, approval="after_canary").asks())
        self.assertEqual(self.opening(waits).not_in_record(), ["app_groupB1"])
        approved = made(standing(batch("A", "done", "a"), batch("B1", "waiting", approved_by="deploy@control1")), done="a")
        self.assertFalse(self.opening(approved, approval="after_canary").asks())
        self.assertFalse(self.opening(made(standing()), approval="each_batch").asks())

    def test_the_gate_looks_at_a_batch_that_began(self) -> None:
        self.assertTrue(Opening(Run(made(standing())), 1, {}).gate)
        later = self.opening(made(standing(), limit="d"), approval="each_batch")
        self.assertEqual((later.gate, later.asks()), (False, True))
        self.assertIn("app_groupB1 was not begun. Type yes", later.question())
        begun = self.opening(made(standing(batch("B1", "lost", "b", "c")), limit="d"))
        self.assertTrue(begun.gate)
        self.assertFalse(self.opening(made(standing())).gate)

    def test_what_is_approved_during_the_run_is_not_asked(self) -> None:
        opening = self.opening(made(standing(batch("A", "done", "a")), done="a"), approval="each_batch")
        opening.run.approved.add("app_groupB1")
        self.assertFalse(opening.asks())

    def test_each_version_waits_for_its_own_canary(self) -> None:
        groups = {"all": ["a", "b", "x", "y"], "app_groupA": ["a"], "app_groupB1": ["b"], "db_groupA": ["x"], "db_groupB1": ["y"]}
        done = {group: frozenset(groups[group]) for group in ("app_groupA", "db_groupA")}
        hosts = {group: frozenset(names) for group, names in groups.items() if "_group" in group}
        record = Standing(hosts=hosts, done=done, finished=frozenset(done), approved=frozenset(["app_groupB1"]))
        read = settings.read({"rollout_version": "app,db"}, False)
        run = Run(plan.make(read, Hooks(ROOT / "playbooks/hooks"), groups, groups["all"], standing=record))
        self.assertEqual([wave.name for wave in run.plan.waves], ["app_groupB1", "db_groupB1"])
        policy = {version: Policy(approval="after_canary") for version in ("app", "db")}
        opening = Opening(run, 1, policy)
        self.assertEqual((opening.before and opening.before.name, opening.asks()), ("db_groupA", True))
        self.assertFalse(Opening(run, 0, policy).asks())
        # What the version before it has lost stops it all the same.
        self.assertTrue(opening.too_many_lost())

    def test_a_batch_that_the_record_does_not_know_as_done_is_watched(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            Path(name, "installed.yml").write_text("- name: Say\n")
            read = settings.read({"rollout_version": "app"}, False)
            found = plan.make(read, Hooks(name), GROUPS, GROUPS["all"], standing=standing())
            self.assertTrue(Run(found).has_work(["a"], lambda host: {"rollout_installed": True}))

    def test_a_bake_goes_on_for_what_is_left_of_it(self) -> None:
        for ago, seconds in ((0, 60), (50, 10), (100, 1), (-100, 60)):
            found = made(standing(batch("A", "interrupted", "a", **watched(60, ago))), done="a")
            self.assertAlmostEqual(self.opening(found, bake=60, canary_bake=60).bake(), seconds, delta=1)
            self.assertEqual(needless(Run(found), lambda host: {}) & {"work"}, {"work"})
        # The canary is not the last batch only because nothing else is in the run.
        self.assertEqual(self.opening(made(standing(), limit="a"), bake=60, canary_bake=60).bake(), 60)

    def test_the_command_that_goes_on_needs_no_place(self) -> None:
        run = Run(made(standing()))
        self.assertEqual({name for name, value in report.settings_to_go_on(run).items() if value}, {"rollout_version"})


    def test_hosts_that_an_earlier_run_lost_count_and_stay_out_of_service(self) -> None:
        passed = made(standing(batch("A", "done", "a"), batch("B1", "done", "b", "c")), done="a b")
        run = Run(passed)
        run.wave = 0
        self.assertEqual(front(run, False, ["d", "e"]).lost, ["c"])
        run.close(["d"])
        self.assertEqual(front(run, True, ["d"]).lost, ["c", "e"])
        for most, too_many in ((1, True), (2, False)):
            self.assertEqual(Opening(run, 1, {"app": Policy(max_failed=most)}).too_many_lost(), too_many)
        # One that is tried again is out until it has come through.
        again = Run(made(standing(batch("A", "done", "a"), batch("B1", "lost", "b", "c")), done="a b"))
        again.wave = 0
        self.assertEqual((front(again, False, ["c"]).lost, front(again, True, ["c"]).lost), (["c"], []))


class Told(Recording):
    """What the program would be called with."""

    def __init__(self) -> None:
        super().__init__("p.rollout.yml", lambda: "regal-inventory")
        self.calls: list[str] = []

    def _call(self, *words: str, text: str = "") -> str:
        self.calls.append(" ".join([*words, *text.split()]).replace("record --run= ", "").replace("app_group", ""))
        return ""


class Recorded(unittest.TestCase):
    def go(self, run: Run, *, lost: str = "", step: str = "deploy", policy: Policy | None = None) -> tuple[Told, bool]:
        told, hosts = Told(), run.plan.waves[run.wave].hosts
        run.begin()
        run.step = step
        for host in hosts:
            run.start(host)
        for host in lost.split():
            run.explain(host, "failed: Install")
        done = [host for host in hosts if host not in lost]
        run.close(done)
        return told, events.closed(told, run, done, {"app": policy or Policy()})

    def run_at(self, wave: int, **given: Any) -> Run:
        run = Run(made(standing(), **given))
        run.wave = wave
        run.done.update(host for earlier in run.plan.waves[:wave] for host in earlier.hosts)
        return run

    def test_a_batch_is_done_where_all_of_it_is_or_the_rest_may_be_lost(self) -> None:
        told, too_many = self.go(self.run_at(1))
        self.assertEqual((told.calls, too_many), (["done --stdin --let-pass -- B1 b c"], False))
        lost = "lost --stdin --step=deploy --message=failed: Install -- B1 c"
        told, too_many = self.go(self.run_at(1), lost="c")
        self.assertEqual((told.calls, too_many), ([lost, "done --stdin -- B1 b"], True))
        told, too_many = self.go(self.run_at(1), lost="c", policy=Policy(max_failed=1))
        self.assertEqual((told.calls, too_many), ([lost, "done --stdin --let-pass -- B1 b"], False))

    def test_hosts_that_a_limit_leaves_out_are_still_to_come(self) -> None:
        told, _ = self.go(self.run_at(0, limit="b"))
        self.assertEqual(told.calls, ["done --stdin -- B1 b"])

    def test_what_was_lost_before_the_bake_is_told_once(self) -> None:
        run, told = self.run_at(1), Told()
        run.begin()
        run.recorded_lost.update(events.watched(told, run, ["b"], 60))
        run.close(["b"])
        events.closed(told, run, ["b"], {"app": Policy(max_failed=1)})
        self.assertEqual(told.calls[0], "lost --stdin --step=begin -- B1 c")
        self.assertEqual(told.calls[1:], ["done --stdin --hosts-only -- B1 b", "bake -- B1 60", "done --stdin --let-pass -- B1 b"])

    def test_nothing_is_said_of_a_batch_without_survivors(self) -> None:
        run, told = self.run_at(1), Told()
        run.begin()
        events.watched(told, run, [], 60)
        self.assertEqual(told.calls, ["lost --stdin --step=begin -- B1 b c"])
        run.recorded_lost.update("bc")
        told.calls.clear()
        events.closed(told, run, [], {"app": Policy()})
        self.assertEqual(told.calls, [])
        events.closed(told, run, [], {"app": Policy(max_failed=2)})
        self.assertEqual(told.calls, ["done --stdin --let-pass -- B1"])

    def test_a_begin_forgets_no_host_that_is_not_tried_again(self) -> None:
        told = Told()
        run = Run(made(standing(batch("A", "done", "a"), batch("B1", "lost", "", "b c")), done="a", limit="c"))
        events.begun(told, Opening(run, 0, {}))
        self.assertEqual(told.calls, ["begin -- B1", "lost --stdin --message=lost before, and not tried again -- B1 b"])

    def test_a_batch_of_which_some_hosts_were_only_watched_is_done_as_a_whole(self) -> None:
        record = standing(batch("A", "done", "a"), batch("B1", "lost", "c", "b", **watched(60, ago=10)))
        run = Run(made(record, done="a c"))
        run.wave = 0
        told, _ = self.go(run)
        self.assertEqual(told.calls, ["done --stdin -- B1 c"])
        run.wave = 1
        told, _ = self.go(run)
        self.assertEqual(told.calls, ["done --stdin --let-pass -- B1 b"])
        # Where a limit leaves those out that were to be watched, the batch is not done.
        run = Run(made(record, done="a c", limit="b"))
        run.wave = 0
        self.assertEqual(self.go(run)[0].calls, ["done --stdin -- B1 b"])

    def test_a_watch_that_is_cut_short_is_recorded(self) -> None:
        run, told = self.run_at(1), Told()
        run.begin()
        run.step = "bake"
        run.everyone()
        events.cut_short(told, run, 7)
        self.assertEqual(told.calls, ["bake --cut-short -- B1 7"])

    def test_the_end_says_why(self) -> None:
        for wanted, make_ready in (
            (["stop --group=A -- the playbook ended before all was done", "end failed"], lambda run: None),
            (["stop --group=A -- waiting for approval of A", "end waiting"], lambda run: (run.open("a"), setattr(run, "to_approve", ("A",)))),
        ):
            run, told = Run(made(standing())), Told()
            make_ready(run)
            events.ended(told, run, interrupted=False)
            self.assertEqual(told.calls, [call.replace("app_group", "") for call in wanted])
        run, told = self.run_at(0), Told()
        run.begin()
        run.step = "drain"
        run.start("a")
        events.ended(told, run, interrupted=True)
        self.assertEqual(told.calls, ["lost --stdin --step=drain --message=interrupted -- A a", "stop --group=A -- interrupted", "end interrupted"])

    def test_an_interrupted_watch_is_no_loss(self) -> None:
        run, told = self.run_at(0), Told()
        run.begin()
        run.step = "bake"
        run.everyone()
        events.ended(told, run, interrupted=True)
        self.assertEqual(told.calls, ["stop --group=A -- interrupted", "end interrupted"])
        run.interrupted = True
        self.assertEqual((run.lost(), run.outcome()), ([], "stopped"))
        self.assertIn("  app_groupA, in service, and not watched to the end: a", report.report(run, report.Options()))

    def test_approvals_and_begins(self) -> None:
        told = Told()
        run = Run(made(standing(batch("A", "done", "a"), batch("B1", "lost", "b", "c")), done="a b"))
        events.begun(told, Opening(run, 0, {"app": Policy(approval="after_canary")}))
        self.assertEqual(told.calls, ["approve -- B1", "begin --rest -- B1"])

    def test_another_run_is_told_with_the_way_to_take_over(self) -> None:
        script = "#!/bin/sh\necho 'error: p: under way' >&2\necho '  hint: --take-over' >&2\nexit 6\n"
        with tempfile.TemporaryDirectory() as name:
            file = Path(name, "regal-inventory")
            file.write_text(script)
            file.chmod(0o755)
            with self.assertRaises(program.Refusal) as caught:
                Recording("p", lambda: str(file)).start(1, "", "", False)
        self.assertIn("error: p: under way\n  hint: wait until", str(caught.exception))
        self.assertIn("-e rollout_take_over=true", str(caught.exception))
