"""The plan of a run, its state and its texts, without Ansible. Run by tests/playbooks/plugins.rs, or: python3 -m unittest discover tests/plugins"""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "plugins/plugin_utils"))

from regal_rollout import batches, plan, policy, report, settings  # noqa: E402
from regal_rollout.front import front  # noqa: E402
from regal_rollout.hooks import Hooks  # noqa: E402
from regal_rollout.needs import needed_after_all, needless  # noqa: E402
from regal_rollout.opening import Opening  # noqa: E402
from regal_rollout.run import Run  # noqa: E402
from regal_rollout.texts import first_hosts, shortened, shown  # noqa: E402

GROUPS = {
    "all": ["zulu", "mike", "alpha", "yankee", "kilo"],
    "app_groupB2": ["yankee"],
    "app_groupA": ["zulu"],
    "app_groupB1": ["mike", "alpha"],
    "db_groupA": ["kilo"],
}


def made(hooks: Path = ROOT / "playbooks/hooks", back: bool = False, limit: list[str] | None = None, **given: Any) -> plan.Plan:
    found = settings.read({f"rollout_{name}": value for name, value in given.items()}, back)
    return plan.make(found, Hooks(hooks), GROUPS, GROUPS["all"] if limit is None else limit)


class Batches(unittest.TestCase):
    def test_they_come_by_number_and_only_of_the_version(self) -> None:
        groups = {f"app_groupB{number}": [f"b{number}"] for number in (10, 2, 1)} | {"app_groupA": ["a"], "app_groupB02": ["x"], "my-app_groupA": ["y"]}
        self.assertEqual([batch.batch for batch in batches.batches(groups, ["app"])], ["A", "B1", "B2", "B10"])

    def test_cleaned_names_are_found_under_the_name_of_the_version(self) -> None:
        for group in ("1.0.0_groupA", "_1_0_0_groupA", "__0_0_groupA"):
            found = batches.batches({group: ["zulu"]}, ["1.0.0"])
            self.assertEqual([(batch.version, batch.group) for batch in found], [("1.0.0", group)])

    def test_the_id_is_the_one_that_regal_inventory_computes(self) -> None:
        # As `regal-inventory plan --canary-size 1 --batch-size 2` prints it for these five hosts.
        groups = {"app_groupA": ["zulu"], "app_groupB1": ["mike", "alpha"], "app_groupB2": ["yankee", "bravo"]}
        self.assertEqual(batches.plan_id(batches.batches(groups, ["app"])), "78ff38571b56")

    def test_names_that_ansible_would_take_for_something_else(self) -> None:
        groups = {f"{name}_groupA": ["web1"] for name in ("app-1.0~rc1", "~app", "a:b", "app[1]", "1.0+2")}
        found = batches.patterns(batches.batches(groups, batches.versions(groups)))
        self.assertEqual(found, ["~app_groupA", "a:b_groupA", "app[1]_groupA"])
        self.assertEqual(batches.templates(["web1", "{{ x }}"], "2.16.19"), ["{{ x }}"])
        self.assertEqual(batches.templates(["{{ x }}"], "2.19.0b1"), [])

    def test_a_limit_leaves_no_empty_batch(self) -> None:
        left = batches.within(batches.batches(GROUPS, ["app"]), ["zulu", "alpha"])
        self.assertEqual([batch.hosts for batch in left], [("zulu",), ("alpha",)])


class Settings(unittest.TestCase):
    def test_names_durations_and_truth(self) -> None:
        self.assertEqual(settings.read({"rollout_version": " a , b,"}, False).versions, ("a", "b"))
        self.assertEqual(settings.read({"rollout_version": ["1.10", "2"]}, False).versions, ("1.10", "2"))
        for text, seconds in (("90", 90), ("90s", 90), (30, 30), ("1h30m", 5400), ("2d", 172800)):
            self.assertEqual(settings.seconds(text), seconds)
        self.assertTrue(settings.truth("Yes") and settings.truth(True) and not settings.truth("false"))

    def test_every_mistake_is_named(self) -> None:
        mistakes = {
            "version": 1.10, "form": "B1", "group": "x", "waves": "both", "approval": "maybe", "bake": "soon", "max_failed": "10%",
            "version_var": "a-b", "earlier_done": "perhaps", "approval_timeout": "never", "strategy": "free",
        }  # fmt: skip
        found = settings.read({f"rollout_{name}": value for name, value in mistakes.items()}, False).problems
        self.assertEqual(len(found), len(mistakes), found)

    def test_what_is_right_is_no_problem(self) -> None:
        right = {"rollout_version": "app", "rollout_bake": "", "rollout_waves": "", "rollout_strategy": "mitogen_linear"}
        self.assertEqual([problem for problem in settings.read(right, False).problems if "bake" not in problem], [])

    def test_variables_of_the_play_are_not_taken_for_given_ones(self) -> None:
        found = settings.read({"rollout_group": "{{ _rollout.of[x].group }}", "rollout_plan_id": "{{ _rollout.plan_id | string }}"}, False)
        self.assertEqual((found.problems, dict(found.given)), ((), {}))


class Plans(unittest.TestCase):
    def test_forward_back_and_in_waves(self) -> None:
        self.assertEqual([wave.batch for wave in made(version="app").waves], ["A", "B1", "B2"])
        back = made(version="app", back=True, back_to="old", **{"from": "B1"})
        self.assertEqual([wave.batch for wave in back.waves], ["B1", "A"])
        waves = made(version="db,app", waves="parallel").waves
        self.assertEqual([wave.hosts for wave in waves], [["kilo", "zulu"], ["mike", "alpha"], ["yankee"]])

    def test_a_version_that_comes_after_another_has_waves_of_its_own(self) -> None:
        def variables(host: str) -> dict[str, Any]:
            return {"regal_policy_app": {"after": ["db"]}, "regal_policy_db": {}}

        def made_after(back: bool = False, **given: Any) -> plan.Plan:
            found = settings.read({f"rollout_{name}": value for name, value in given.items()}, back)
            return plan.make(found, Hooks(ROOT / "playbooks/hooks"), GROUPS, GROUPS["all"], variables_of=variables)

        waves = made_after(version="app,db", waves="parallel").waves
        self.assertEqual([wave.hosts for wave in waves], [["kilo"], ["zulu"], ["mike", "alpha"], ["yankee"]])
        self.assertEqual([wave.name for wave in waves], ["db_groupA", "app_groupA", "wave B1", "wave B2"])
        back = made_after(True, version="app,db", waves="parallel", back_to="old", **{"from": "B2"})
        self.assertEqual([wave.hosts for wave in back.waves], [["yankee"], ["mike", "alpha"], ["zulu"], ["kilo"]])
        self.assertEqual(made_after(version="db,app").problems, ())
        problems = made_after(version="app,db").problems
        self.assertTrue(len(problems) == 1 and problems[0].startswith("app comes after db, by the key `after`"), problems)
        run = Run(made_after(version="app,db", waves="parallel"))
        found = policy.policies(run.plan.every, lambda host: {"regal_policy_db": {"approval": "after_canary"}})
        openings = [Opening(run, index, found) for index in range(4)]
        self.assertEqual([opening.asks() for opening in openings], [False, True, False, False])
        self.assertEqual(openings[1].approval(), ("db_groupA",))
        self.assertEqual([opening.before.name for opening in openings if opening.before], ["db_groupA", "app_groupA", "wave B1"])

    def test_problems(self) -> None:
        for wanted, given in (
            ("no version x; the inventory has app, db", {"version": "x"}),
            ("no batch B7; there are A, B1, B2", {"version": "app", "from": "B7"}),
            ("comes after", {"version": "app", "from": "B2", "to": "B1", "earlier_done": True}),
            ("skips app_groupA: zulu", {"version": "app", "from": "B1"}),
            ("the plan has changed", {"version": "app", "plan_id": "x"}),
            ("no batch B9", {"version": "app", "approved": "B9"}),
            ("need a single version", {"version": "app,db", "from": "A"}),
        ):
            problems = made(**given).problems
            self.assertTrue(len(problems) == 1 and wanted in problems[0], (wanted, problems))
        self.assertEqual(made(version="app", limit=[]).problems, ("no host is left in these batches",))


class Folders(unittest.TestCase):
    def test_of_hooks(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            self.assertEqual(len(Hooks(folder).problems()), 4)
            for hook in ("drain", "deploy", "check", "enable"):
                (folder / f"{hook}.yml").write_text("- name: Ping\n  ansible.builtin.ping:\n")
            self.assertEqual(Hooks(folder).problems(), [])
            (folder / "gates.yml").write_text("")
            (folder / "drain.yml").write_text("---\n- hosts: all\n  tasks: []\n")
            (folder / "check.yml").write_text("# rollout_target\n")
            problems = Hooks(folder).problems()
            self.assertEqual([text.split("/")[-1].split(":")[0] for text in problems][::2], ["drain.yml", "gates.yml"])
            self.assertIn("check.yml is empty", problems[1])
            self.assertFalse(Hooks(folder).read_the_target())
            (folder / "deploy.yml").write_text("- name: Install {{ rollout_target }}\n  notify: x\n")
            self.assertTrue(Hooks(folder).read_the_target() and Hooks(folder).may_notify("deploy"))


class Runs(unittest.TestCase):
    def setUp(self) -> None:
        self.run_ = Run(made(version="app"))

    def wave(self, hosts: list[str], done: list[str], step: str = "enable") -> None:
        self.run_.open(hosts[0])
        self.run_.begin()
        self.run_.step = step
        for host in hosts:
            self.run_.start(host)
        self.run_.close(done)

    def test_a_run_that_was_refused_stopped_and_finished(self) -> None:
        self.run_.open("zulu")
        self.assertEqual((self.run_.outcome(), self.run_.lost()), ("refused", []))
        self.wave(["zulu"], ["zulu"])
        self.wave(["mike", "alpha"], ["alpha"], "check")
        self.assertEqual((self.run_.outcome(), self.run_.lost(), self.run_.next_wave()), ("stopped", ["mike"], 1))
        self.wave(["yankee"], ["yankee"])
        self.assertEqual(self.run_.outcome(), "finished")
        lines = report.report(self.run_, report.Options())
        self.assertEqual(
            lines,
            ["finished app: 3 of 4 hosts", "  app_groupB1, lost in check, is drained: mike", "the run went to its end past the lost hosts"],
        )

    def test_only_what_closed_is_done(self) -> None:
        self.wave(["zulu"], [])
        self.assertEqual((self.run_.outcome(), self.run_.state("zulu"), self.run_.state("mike")), ("stopped", "enable", ""))

    def test_a_task_that_runs_once_is_lost_for_all_but_those_lost_before(self) -> None:
        self.wave(["mike", "alpha"], [], "drain")
        self.run_.stuck.add("mike")
        self.run_.step = "deploy"
        self.run_.everyone()
        self.assertEqual((self.run_.state("mike"), self.run_.state("alpha")), ("drain", "deploy"))

    def test_a_rescued_host_goes_on(self) -> None:
        self.wave(["zulu"], [], "drain")
        self.run_.stuck.add("zulu")
        self.run_.step = "deploy"
        self.run_.start("zulu")
        self.assertEqual((self.run_.state("zulu"), self.run_.stuck), ("deploy", set()))

    def test_a_host_that_is_left_behind_stays_so(self) -> None:
        self.wave(["zulu"], [], "drain")
        self.run_.lose("zulu")
        self.run_.step = "enable"
        self.run_.start("zulu")
        self.run_.close(["zulu"])
        self.assertEqual((self.run_.state("zulu"), self.run_.done), ("drain", set()))

    def test_the_command_that_goes_on_begins_where_the_run_stopped(self) -> None:
        self.wave(["zulu"], ["zulu"])
        self.wave(["mike", "alpha"], [])
        given = {name: value for name, value in report.settings_to_go_on(self.run_).items() if value is not None}
        self.assertEqual(given, {"rollout_version": "app", "rollout_from": "B1", "rollout_plan_id": self.run_.plan.id})
        back = report.settings_to_go_back(self.run_)
        self.assertEqual([command["rollout_from"] for command in back], ["B1"])

    def test_what_the_front_is_told(self) -> None:
        self.wave(["zulu"], ["zulu"])
        self.wave(["mike", "alpha"], [])
        self.assertEqual(front(self.run_, False, ["mike", "alpha"]), (["app_groupA"], ["app_groupB1"], []))
        self.assertEqual(front(self.run_, True, ["alpha"]), (["app_groupB1"], [], ["mike"]))


class Openings(unittest.TestCase):
    POLICY = {"app": policy.Policy(approval="after_canary", max_failed=1, bake=60, canary_bake=600)}

    def test_the_policy_of_the_inventory_and_what_overrides_it(self) -> None:
        opening = Opening(Run(made(version="app")), 1, self.POLICY)
        self.assertEqual((opening.asks(), opening.approval(), opening.bake()), (True, ("A",), 60))
        self.assertEqual(Opening(opening.run, 0, self.POLICY).bake(), 600)
        self.assertEqual(Opening(opening.run, 2, self.POLICY).bake(), 0)
        given = Opening(Run(made(version="app", approval="never", bake="5s", max_failed="0")), 1, self.POLICY)
        self.assertEqual((given.asks(), given.bake()), (False, 5))
        self.assertFalse(Opening(Run(made(version="app", approved="A")), 1, self.POLICY).asks())

    def test_what_no_batch_needs_from_here_on(self) -> None:
        every = {"begin", "approval", "begun", "version", "bake"}
        run = Run(made(version="app"))
        self.assertEqual(needless(run, lambda host: {}), every)
        inventory = {"regal_version_var": "app_version", "regal_policy_app": {"approval": "after_canary", "bake_seconds": 60}}
        self.assertEqual(needless(run, lambda host: inventory), {"begin"})
        # Before the last batch: the canary is approved, and nothing follows that a bake could stop.
        run.wave = 1
        self.assertEqual(needless(run, lambda host: inventory), every - {"version"})
        approved = Run(made(version="app", approval="each_batch", approved="A,B1", version_var=""))
        self.assertEqual(needless(approved, lambda host: inventory), every - {"bake"})
        self.assertNotIn("approval", needless(Run(made(version="app", approval="each_batch", approved="A")), lambda host: {}))
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "begin.yml").write_text("- debug:\n")
            run = Run(made(Path(folder), version="app"))
            self.assertEqual(needless(run, lambda host: {}), every - {"begin", "begun"})
            run.wave = 0
            self.assertEqual(needless(run, lambda host: {}), every)

    def test_what_was_taken_out_and_is_needed_after_all_is_told_with_what_to_do(self) -> None:
        opened = {"asks": True, "version_var": "", "bake": 60}
        told = [*needed_after_all(opened, {"approval", "version", "begun"})]
        self.assertEqual(
            told,
            [
                "the variables of the inventory have changed since the run began: nothing said then that a batch needs approval; "
                "run the command again, which reads them again"
            ],
        )
        self.assertEqual([*needed_after_all(opened, ())], [])

    def test_what_a_terminal_would_act_on_is_escaped(self) -> None:
        self.assertEqual(shown("web-1.é\x1b[2J\n\u202e"), "web-1.é\\x1b[2J\\n\\u202e")

    def test_losses_are_counted_over_the_run(self) -> None:
        run = Run(made(version="app"))
        self.assertTrue(Opening(run, 1, {}).too_many_lost())
        self.assertFalse(Opening(run, 1, self.POLICY).too_many_lost())
        run.done.add("zulu")
        self.assertTrue(Opening(run, 2, self.POLICY).too_many_lost())

    def test_a_stage_asks_bakes_and_loses_by_its_own_rules(self) -> None:
        first = {"stage": "staging", "batches": 1, "approval": "after_stage", "max_failures": 0, "bake_seconds": 1, "canary_bake_seconds": 2}
        second = {"stage": "eu", "batches": 2, "approval": "after_canary", "max_failures": 1, "bake_seconds": 3, "canary_bake_seconds": 4}
        run = Run(made(version="app"))
        found = policy.policies(run.plan.every, lambda host: {"regal_policy_app": {"stages": [first, second]}})
        openings = [Opening(run, index, found) for index in range(3)]
        self.assertEqual([opening.bake() for opening in openings], [2, 4, 0])
        self.assertEqual([opening.needs_approval() for opening in openings], [False, True, True])
        given = [Opening(Run(made(version="app", approval="after_stage")), index, found).needs_approval() for index in range(3)]
        self.assertEqual(given, [False, True, False])
        # the first stage may lose none, the second one
        run.done.update(["mike"])
        self.assertEqual([opening.too_many_lost() for opening in openings], [False, True, False])
        run.done.add("zulu")
        self.assertEqual([opening.too_many_lost() for opening in openings], [False, False, False])

    def test_policies_are_read_from_the_variables_of_a_host(self) -> None:
        every = batches.batches({"api_2.5.0_groupA": ["zulu"]}, ["api_2.5.0"])
        variables = {
            "regal_policy_api_2_5_0": {"version": "2.5.0", "bake_seconds": 5, "approval": "each_batch", "max_failures": 2},
            "regal_version": "2.5.0",
            "regal_notes": ["small"],
        }
        found = policy.policies(every, lambda host: variables)["api_2.5.0"]
        self.assertEqual(found, policy.Policy("2.5.0", "each_batch", 2, 5, 5, ("small",)))
        self.assertEqual(policy.target(every[0], policy.Policy(), {"regal_version": "2.5.0"}), "2.5.0")
        self.assertEqual(policy.target(every[0], policy.Policy(), {"regal_version": "other"}), "api_2.5.0")


class Texts(unittest.TestCase):
    def test_long_lists_are_cut(self) -> None:
        self.assertEqual(first_hosts(list("abcdefg")), "a, b, c, d, e and 2 more")
        self.assertEqual(first_hosts(list("abcdefg"), counted=False), "a, b, c, d, e …")
        self.assertEqual(shortened([str(number) for number in range(15)])[11:], ["11", "  … 2 more …", "14"])
        self.assertEqual(shortened(["a"] * 13), ["a"] * 13)


if __name__ == "__main__":
    unittest.main()
