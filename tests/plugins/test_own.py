# SPDX-License-Identifier: MIT
"""The batches of a play of one's own, and its gate, without Ansible."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugins" / "plugin_utils"))
from regal_rollout.own import Refused, gate, of_play

# As Ansible has them: B10 stands before B2.
APP = {"app_groupB10": ["j"], "app_groupB2": ["c", "d"], "app_groupA": ["a"], "app_groupB1": ["b"]}
HOSTS = ["a", "b", "c", "d", "j"]


def asked(*versions, groups=None, left=None, ansible="2.19.14", **options):
    groups = APP if groups is None else groups
    hosts = list(dict.fromkeys(host for group in groups.values() for host in group))
    variables = {"groups": {"all": hosts, **groups}, "ansible_play_hosts_all": hosts if left is None else left}
    return [(batch.group, len(batch.hosts)) for batch in of_play(versions, variables, options, ansible)]


def gate_at(batch, lost=(), play=HOSTS, groups=APP, **keywords):
    variables = {
        "groups": groups,
        "ansible_play_hosts_all": play,
        "ansible_play_hosts": [host for host in play if host not in lost],
        "ansible_play_batch": batch,
    }
    return gate(variables, **keywords)


class Batches(unittest.TestCase):
    def test_they_come_by_number(self):
        self.assertEqual(asked("app"), [("app_groupA", 1), ("app_groupB1", 1), ("app_groupB2", 2), ("app_groupB10", 1)])

    def test_a_limit_empties_and_shrinks_but_moves_nobody(self):
        self.assertEqual(asked("app", left=["d", "j"]), [("app_groupB2", 1), ("app_groupB10", 1)])

    def test_versions_may_stand_in_a_list_and_twice(self):
        groups = {**APP, "db_groupA": ["x"]}
        self.assertEqual(asked(["db", "app"], "db", groups=groups)[:2], [("db_groupA", 1), ("app_groupA", 1)])

    def test_a_host_in_two_batches_is_refused_unless_the_limit_leaves_it_out(self):
        groups = {"app_groupA": ["a", "b"], "db_groupA": ["a", "x"]}
        with self.assertRaisesRegex(Refused, "a is in app_groupA and in db_groupA"):
            asked("app", "db", groups=groups)
        self.assertEqual(asked("app", "db", groups=groups, left=["b", "x"]), [("app_groupA", 1), ("db_groupA", 1)])

    def test_what_is_no_version_is_refused(self):
        for version in (1.1, 2, None, True, {"app": 1}):
            with self.assertRaisesRegex(Refused, "is not text"):
                asked(version)
        for versions in ((), ("",), ([],)):
            with self.assertRaisesRegex(Refused, "name a version"):
                asked(*versions)

    def test_names_that_are_templates_are_refused_where_they_would_run(self):
        for name in ("{{ x }}", "{% x %}", "{# x #}"):
            groups = {"app_groupA": [name]}
            with self.assertRaisesRegex(Refused, "before 2.19"):
                asked("app", groups=groups, ansible="2.18.1")
            self.assertEqual(asked("app", groups=groups, ansible="2.22.0rc1"), [("app_groupA", 1)])

    def test_a_syntax_check_needs_no_inventory(self):
        self.assertEqual(asked("nothing", groups={}, syntax=True), [("localhost", 1)])

    def test_a_group_that_hosts_would_take_for_a_pattern_is_refused(self) -> None:
        variables = {"groups": {"all": ["web1"], "a:b_groupA": ["web1"]}, "ansible_play_hosts_all": ["web1"]}
        with self.assertRaisesRegex(Refused, "would be a pattern"):
            of_play(["a:b"], variables, {}, "2.19.0")


class TheGate(unittest.TestCase):
    def test_it_names_the_batch_that_begins(self):
        self.assertEqual(gate_at(["c", "d"]), (False, ["app_groupB2 begins: c, d"]))
        self.assertEqual(gate_at(["c", "d"], ["b"], max_failed="1"), (False, ["app_groupB2 begins: c, d", "lost before: b"]))

    def test_it_says_what_is_lost_and_how_to_go_on(self):
        stop, says = gate_at(["c", "d"], ["a", "b"], max_failed=1)
        self.assertTrue(stop)
        self.assertEqual(says[1:4], ["  lost in app_groupA: a", "  lost in app_groupB1: b", "  not begun: app_groupB2, app_groupB10"])
        self.assertIn("--limit a,b,app_groupB2,app_groupB10 it", says[4])

    def test_what_a_limit_left_out_is_not_taken_in_again(self):
        says = gate_at(["d"], ["b"], play=["a", "b", "d", "j"]).says
        self.assertIn("--limit b,d,app_groupB10 it", says[-1])

    def test_a_host_that_is_lost_before_its_batch_begins_is_in_the_batch(self):
        says = gate_at(["d"], ["c"]).says
        self.assertIn("  not begun: app_groupB2, app_groupB10", says)
        self.assertIn("--limit app_groupB2,app_groupB10 it", says[-1])

    def test_odd_names_stay_one_word_of_a_shell(self):
        groups = {"app_groupA": ["a b"], "app_groupB1": ["c"]}
        self.assertIn("--limit 'a b,app_groupB1' it", gate_at(["c"], ["a b"], play=["a b", "c"], groups=groups).says[-1])

    def test_other_versions_of_the_same_hosts_do_not_confuse_it(self):
        groups = {"old_groupA": ["a", "b"], "old_groupB1": ["c", "d", "j"], **APP}
        self.assertEqual(gate_at(["a"], groups=groups).says, ["app_groupA begins: a"])
        self.assertIn("  not begun: app_groupB2, app_groupB10", gate_at(["c", "d"], ["b"], groups=groups).says)

    def test_a_batch_that_is_none_is_refused(self):
        for batch, play in ((["b", "c"], HOSTS), (["c"], HOSTS), (["c", "d"], ["a", "c", "b", "d", "j"]), (["z"], ["z"])):
            with self.assertRaisesRegex(Refused, "not a batch of the inventory"):
                gate_at(batch, play=play)
            self.assertFalse(gate_at(batch, play=play, exact=False).stop)
        self.assertTrue(gate_at(["z"], ["y"], play=["y", "z"], exact=False).stop)

    def test_the_number_of_losses_is_a_number(self):
        for number in (-1, "x", True, None, "1.5", ""):
            with self.assertRaisesRegex(Refused, "gate_max_failed must be a number"):
                gate_at(["a"], max_failed=number)


if __name__ == "__main__":
    unittest.main()
