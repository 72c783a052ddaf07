# SPDX-License-Identifier: MIT
"""What the Salt runner works out by itself, without Salt: options, gates, parts of a batch, what an answer of a minion means."""

import datetime
import importlib.util
import json
import sys
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

RUNNER = Path(__file__).resolve().parents[2] / "playbooks" / "salt" / "_runners" / "regal.py"
MODULES = ("client.ssh.client", "client.ssh", "client", "config", "exceptions", "key", "minion", "pillar", "roster", "utils.state", "utils")


def check_result(states):
    """As `salt.utils.state.check_result`: states with a result each, none of which is False."""
    return bool(states) and all(isinstance(state, dict) and state.get("result") is not False for state in states.values())


def load():
    stubs = {f"salt.{name}": types.ModuleType(f"salt.{name}") for name in MODULES}
    stubs["salt"] = types.ModuleType("salt")
    for name in MODULES:
        parent, _, own = f"salt.{name}".rpartition(".")
        setattr(stubs[parent], own, stubs[f"salt.{name}"])
    stubs["salt.utils.state"].check_result = check_result
    spec = importlib.util.spec_from_file_location("regal_runner", RUNNER)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, stubs):
        spec.loader.exec_module(module)
    module.__jid_event__ = mock.Mock()
    module.__opts__, module.__context__ = {}, {}
    return module


regal = load()
BATCHES = [
    {"stage": stage, "group": f"2.0_group{stage}", "bake": 60, "hosts": hosts}
    for stage, hosts in [("A", ["a"]), ("B1", ["b", "c"]), ("B2", ["d"])]
]


def rollout(approval="never", record=(), **options):
    """A rollout of three batches, whose record says this, and what is left of it."""
    plan = {"schema": 1, "versions": {"2.0": {"approval": approval, "batches": BATCHES}}}
    if record:
        plan["frozen"] = {"file": "p.rollout.yml", "id": "x"}
    with mock.patch.object(regal, "_plan", return_value=plan):
        made = regal._Rollout("p", regal._settled({"sls": "app", **options}))
    made.record.status = lambda: {"batches": list(record), "to_go_back": [batch["group"] for batch in record]}
    return made


def known(stage, state, done=(), since=None, **more):
    return {"group": f"2.0_group{stage}", "state": state, "direction": "forward", "done": list(done), "since": since, "approved_by": None, **more}


class Options(unittest.TestCase):
    def test_what_is_wrong_is_refused_with_what_to_write(self):
        for given, why in [
            ({}, "either sls=app or highstate=True"),
            ({"sls": "app", "highstate": True}, "either sls=app or highstate=True"),
            ({"sls": {}}, "`sls` names states"),
            ({"sls": "app", "version": 1.1}, "quote it twice"),
            ({"sls": "app", "test": "yes"}, "`test` is True or False"),
            ({"sls": "app", "timeout": True}, "a number of seconds"),
            ({"sls": "app", "aproved": True}, "is it `approved`?"),
            ({"sls": "app", "approved": 1}, "`approved` is True, or names batches"),
            ({"sls": "app", "version": "1", "back_to": "1"}, "another one than `version`"),
        ]:
            with self.subTest(given), self.assertRaisesRegex(regal.Refused, why.replace("?", r"\?")):
                regal._settled(given)

    def test_a_part_of_a_batch_has_a_minion_at_least(self):
        sizes = [regal._slice_size(batch, 8) for batch in (None, 3, "3", "25%", "1%", "100%")]
        self.assertEqual(sizes, [8, 3, 3, 2, 1, 8])
        for batch in (0, -1, True, "0%", "101%", "many", 1.5):
            with self.subTest(batch), self.assertRaises(regal.Refused):
                regal._slice_size(batch, 8)


class Steps(unittest.TestCase):
    def test_what_the_record_knows_as_done_is_left_out(self):
        record = [known("A", "done", ["a"]), known("B1", "lost", ["c"]), known("B2", "waiting", direction=None)]
        steps = rollout(record=record).steps()
        self.assertEqual([(step.batch.stage, step.hosts, step.rest) for step in steps], [("B1", ["b"], True), ("B2", ["d"], False)])

    def test_another_way_counts_for_nothing(self):
        record = [known("A", "done", ["a"]), known("B1", "done", ["b", "c"], direction="back"), known("B2", "waiting", direction=None)]
        self.assertEqual([step.hosts for step in rollout(record=record).steps()], [["b", "c"], ["d"]])
        back = rollout(record=record, back_to="1.9")
        back.record.status = lambda: {"batches": record, "to_go_back": ["2.0_groupA"]}
        self.assertEqual([step.hosts for step in back.steps()], [["a"]])

    def test_only_the_chosen_ones_in_the_order_of_the_run(self):
        chosen = [batch.stage for batch in rollout(to="B1").chosen()]
        back = [batch.stage for batch in rollout(back_to="1.9", **{"from": "B1"}).chosen()]
        self.assertEqual((chosen, back), (["A", "B1"], ["B1", "A"]))
        with self.assertRaisesRegex(regal.Refused, "has no effect on a frozen plan"):
            rollout(record=[known("A", "done")], **{"from": "B1"}).chosen()


class Gates(unittest.TestCase):
    def approved(self, made):
        steps = made.steps()
        return [step.batch.stage for number, step in enumerate(steps) if made.is_approved(step, number == 0)]

    def test_the_policy_says_which_batches_wait(self):
        self.assertEqual(self.approved(rollout("never")), ["A", "B1", "B2"])
        self.assertEqual(self.approved(rollout("after_canary")), ["A", "B2"])
        self.assertEqual(self.approved(rollout("each_batch")), ["A"])

    def test_the_call_or_the_record_approves(self):
        self.assertEqual(self.approved(rollout("each_batch", approved=True)), ["A", "B1", "B2"])
        self.assertEqual(self.approved(rollout("each_batch", approved=["B1"])), ["A", "B1"])
        self.assertEqual(self.approved(rollout("each_batch", **{"from": "B1"})), ["B1"])
        record = [known("A", "done", ["a"]), known("B1", "waiting", direction=None, approved_by="me"), known("B2", "waiting", direction=None)]
        self.assertEqual(self.approved(rollout("each_batch", record=record)), ["B1"])
        # What was begun was approved then.
        record[1] = known("B1", "interrupted")
        self.assertEqual(self.approved(rollout("each_batch", record=record)), ["B1"])

    def bakes(self, made):
        slept = []
        made.record.add = lambda *_, **__: None
        with mock.patch.object(regal.time, "sleep", slept.append):
            for number, step in enumerate(made.steps()):
                made.bake(step, number)
        return slept

    def test_a_bake_counts_what_has_passed(self):
        self.assertEqual(self.bakes(rollout()), [60, 60])
        self.assertEqual(self.bakes(rollout(**{"from": "B1"})), [60])
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=50)
        since = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        waiting = [known(stage, "waiting", direction=None) for stage in ("B1", "B2")]
        first, second = self.bakes(rollout(record=[known("A", "done", ["a"], since), *waiting]))
        self.assertTrue(8 <= first <= 11 and second == 60, (first, second))
        long_ago = known("A", "done", ["a"], "2020-01-01T00:00:00.000Z")
        self.assertEqual(self.bakes(rollout(record=[long_ago, *waiting])), [60])
        # A batch that had begun was watched for before.
        self.assertEqual(self.bakes(rollout(record=[known("A", "done", ["a"], since), known("B1", "lost"), waiting[1]])), [60])


class Answers(unittest.TestCase):
    def test_only_states_without_a_failure_are_done(self):
        good = {"a": {"result": True}, "b": {"result": None}}
        for answer in ({"ret": good, "retcode": 0}, {"return": good}):
            self.assertIsNone(regal._fault(answer))
        bad = {"x": {"result": False, "__id__": "web", "comment": "no\n  disk"}}
        for answer, why in [
            (None, "it did not answer"),
            ({"ret": bad}, "web: no disk"),
            ({"ret": good, "failed": True}, ""),
            ({"ret": {}}, "no state was applied"),
            ({"ret": ["Rendering failed"]}, "Rendering failed"),
            ({"ret": "Minion did not return. [Not connected]"}, "it answered Minion did not return"),
            ({"ret": False}, "it answered False"),
            ({"retcode": 255, "stdout": "", "stderr": "ssh: connect to host: refused"}, "ssh: connect to host: refused"),
        ]:
            with self.subTest(answer):
                found = regal._fault(answer)
                self.assertTrue(found is not None and found.startswith(why), found)
        self.assertEqual(len(regal._fault({"ret": "x" * 900})), regal.LONGEST)


class Plans(unittest.TestCase):
    def read(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".sls") as file:
            file.write(text)
            file.flush()
            return regal._plan(file.name, "regal-inventory")

    def test_a_plan_is_found_in_what_was_exported(self):
        plan = {"schema": 1, "versions": {}}
        text = json.dumps({"rollout_plan": plan})
        for whole in (text, f"# Written by\n{text}\n", f"# Written by\n{{#-\n{text}\n#}}\n{{%- set plan = tplpath %}}\n"):
            self.assertEqual(self.read(whole), plan)
        self.assertEqual(regal._plan(plan, ""), plan)

    def test_what_is_no_plan_is_refused(self):
        for text in ("", "rollout_plan: 1\n", '{"rollout_plan": {"schema": 1,\n', '{"rollout_plan": {"schema": 9}}'):
            with self.subTest(text), self.assertRaises(regal.Refused):
                self.read(text)
        for plan in ("", None, {}, 5):
            with self.subTest(plan), self.assertRaises(regal.Refused):
                regal._plan(plan, "")


if __name__ == "__main__":
    unittest.main()
