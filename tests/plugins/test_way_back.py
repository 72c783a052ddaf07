"""When a way back begins by itself, of which versions, and what its command is given."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_frozen import ROOT, batch, standing  # noqa: E402  (it adds the plugins to the path)

from regal_rollout import plan, report, settings, way_back  # noqa: E402
from regal_rollout.hooks import Hooks  # noqa: E402
from regal_rollout.policy import Policy  # noqa: E402
from regal_rollout.run import Run  # noqa: E402
from regal_rollout.standing import Standing  # noqa: E402

GROUPS = {"all": ["a", "b", "c", "x", "y"], "app_groupA": ["a"], "app_groupB1": ["b", "c"], "db_groupA": ["x"], "db_groupB1": ["y"]}


def of_document(**policies: Any) -> Standing:
    """A plan of which nothing was begun before; `policies` say what the versions go back to by themselves."""

    def found(group: str) -> dict[str, Any]:
        to = policies.get(group.split("_")[0])
        more = {"group": group, "done": [], "left": GROUPS[group], "lost": [], "rollback_to": to, "on_failure": "rollback" if to else "stop"}
        return batch("A", "waiting") | more

    batches = [found(group) for group in GROUPS if group != "all"]
    return Standing.of_document({"plan": "p", "plan_id": "0123456789ab", "record": "r", "to_go_back": [], "batches": batches})


def lost(hosts: str, step: str = "deploy", policies: dict[str, str] | None = None, **given: Any) -> Run:
    """A run whose second wave has lost hosts."""
    named = {"rollout_version": "app,db", "rollout_waves": "parallel"}
    read = settings.read(named | {f"rollout_{name}": value for name, value in given.items()}, False)
    found = of_document(**({"app": "app-1", "db": "db-1"} if policies is None else policies))
    run = Run(plan.make(read, Hooks(ROOT / "playbooks/hooks"), GROUPS, GROUPS["all"], standing=found))
    run.recorded = True
    for wave in range(2):
        run.wave = wave
        run.begin()
        run.step = step
        for host in run.plan.waves[wave].hosts:
            run.start(host)
        run.close([host for host in run.plan.waves[wave].hosts if host not in hosts.split()])
    run.too_many = bool(hosts)
    return run


class Begins(unittest.TestCase):
    def versions(self, run: Run, interrupted: bool = False, **policies: Policy) -> tuple[str, ...]:
        found = way_back.way_back(run, interrupted, policies)
        return found.versions if found else ()

    def test_the_versions_go_back_that_lost_too_much(self) -> None:
        self.assertEqual(self.versions(lost("b")), ("app",))
        self.assertEqual(self.versions(lost("y")), ("db",))
        self.assertEqual(self.versions(lost("b y")), ("app", "db"))
        # What may be lost is no reason.
        self.assertEqual(self.versions(lost("b y"), app=Policy(max_failed=1)), ("db",))
        self.assertEqual(self.versions(lost("b y"), app=Policy(max_failed=1), db=Policy(max_failed=1)), ("app", "db"))

    def test_only_where_the_policy_says_so_and_nobody_ended_it(self) -> None:
        self.assertEqual(self.versions(lost("b", policies={"db": "db-1"})), ())
        self.assertEqual(self.versions(lost("b"), interrupted=True), ())
        self.assertEqual(self.versions(lost("")), ())
        waits = lost("b")
        waits.to_approve = ("A",)
        self.assertEqual(self.versions(waits), ())
        unknown = lost("b")
        unknown.recorded = False
        self.assertEqual(self.versions(unknown), ())

    def test_what_its_command_is_given(self) -> None:
        found = way_back.way_back(lost("b c y", hooks="my-hooks"), False, {})
        assert found
        self.assertEqual(found.name, "app, db to app-1, db-1")
        self.assertEqual(found.because, "app_groupB1 lost b, c in deploy; db_groupB1 lost y in deploy")
        self.assertEqual(
            {name: value for name, value in found.settings.items() if value},
            {
                "rollout_version": "app,db",
                "rollout_waves": "parallel",
                "rollout_back_to": "app-1,db-1",
                "rollout_to": "A",
                "rollout_hooks": "my-hooks",
                "rollout_because": found.because,
            },
        )
        given = way_back.way_back(lost("b", back_to="older"), False, {})
        self.assertEqual(given and given.to, ("older",))

    def test_the_printed_way_back_names_what_the_policy_names(self) -> None:
        self.assertEqual(report.settings_to_go_back(lost("b"))[0]["rollout_back_to"], "app-1,db-1")
        self.assertIsNone(report.settings_to_go_back(lost("b", policies={"app": "app-1"}))[0]["rollout_back_to"])
        self.assertEqual(report.settings_to_go_back(lost("b", back_to="old"))[0]["rollout_back_to"], "old")

    def test_hosts_that_a_limit_left_out_need_not_come_back(self) -> None:
        run = lost("b")
        record = standing(batch("B1", "lost", "b"), back="B1")
        self.assertEqual(way_back.touched(record, run, ("app",)), {"app_groupB1": {"b", "c"}})
        run.steps = {}
        limited = Run(plan.make(run.plan.settings, run.plan.hooks, GROUPS, GROUPS["all"], "b", run.plan.standing))
        self.assertEqual(way_back.touched(record, limited, ("app",)), {"app_groupB1": {"b"}})
        self.assertEqual(way_back.touched(record, limited, ("db",)), {})

    def test_a_way_back_that_began_by_itself_is_within_its_rollout(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            Path(name, "end.yml").write_text("- debug:\n", encoding="utf-8")
            self.assertEqual((Hooks(name).usable("end"), Hooks(name, "why").usable("end")), (True, False))
        given = {"rollout_version": "app", "rollout_back_to": "old", "rollout_because": "why"}
        self.assertEqual(settings.read(given, True).problems, ())
        self.assertIn("leave it out", settings.read(given, False).problems[0])
        back = Run(plan.make(settings.read(given, True), Hooks(ROOT / "playbooks/hooks"), GROUPS, GROUPS["all"], "", of_document()))
        self.assertIsNone(report.settings_to_go_on(back)["rollout_because"])


if __name__ == "__main__":
    unittest.main()
