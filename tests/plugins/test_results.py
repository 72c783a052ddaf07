# SPDX-License-Identifier: MIT
"""What is said of hosts to `regal-inventory run`, without Ansible."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugins" / "plugin_utils"))
from regal_rollout.results import Results

HOSTS = ["web1", "web2"]


def one_play(hosts=HOSTS, last="last"):
    results = Results(["play"])
    results.begin("play", hosts, last)
    return results


def finish(results, *hosts):
    for host in hosts:
        results.good(host, "first")
        results.good(host, "last")


class Hosts(unittest.TestCase):
    def test_a_host_that_finished_its_play_is_done_and_one_that_failed_lost(self):
        results = one_play()
        finish(results, "web1")
        results.bad("web2", "failed: Install\nit", cuts=False)
        self.assertEqual(results.lines({"web2": {"failures": 1}}, HOSTS), ["web1 ok", "web2 lost failed: Install it"])

    def test_only_hosts_of_the_batch_that_the_form_can_name(self):
        results = one_play(["web1", "localhost", "web 2"])
        finish(results, "web1", "localhost", "web 2")
        self.assertEqual(results.lines({}, ["web1", "web 2", "", "web9"]), ["web1 ok"])

    def test_a_host_without_a_result_of_the_last_task_is_not_known(self):
        # as after end_host, end_play, with --tags, or where another host cut the play
        results = one_play()
        results.good("web1", "first")
        self.assertEqual(results.lines({}, HOSTS), [])

    def test_a_play_whose_last_task_is_not_known_says_nothing_good(self):
        results = one_play(last=None)
        finish(results, "web1")
        self.assertEqual(results.lines({}, HOSTS), [])

    def test_every_play_must_have_begun_and_be_finished_by_its_hosts(self):
        results = Results(["one", "two"])
        results.begin("one", HOSTS, "last")
        finish(results, *HOSTS)
        self.assertEqual(results.lines({}, HOSTS), [], "the second play never began")
        results.begin("two", ["web1"], "end")
        self.assertEqual(results.lines({}, HOSTS), ["web2 ok"], "web1 is in the second play and has not finished it")
        results.good("web1", "last")
        self.assertEqual(results.lines({}, HOSTS), ["web2 ok"], "the last task of another play")
        results.good("web1", "end")
        self.assertEqual(results.lines({}, HOSTS), ["web1 ok", "web2 ok"])

    def test_batches_of_serial_are_one_play(self):
        results = one_play()
        finish(results, "web1")
        results.begin("play", HOSTS, "last")
        self.assertEqual(results.lines({}, HOSTS), ["web1 ok"])

    def test_an_error_that_may_end_the_play_for_all_leaves_nobody_done(self):
        results = one_play()
        finish(results, "web1")
        results.bad("web2", "failed: Check", cuts=True)
        self.assertEqual(results.lines({"web2": {"failures": 1}}, HOSTS), ["web2 lost failed: Check"])

    def test_what_is_ignored_or_rescued_is_neither_done_nor_lost(self):
        for key in ("rescued", "ignored"):
            results = one_play()
            results.bad("web1", "failed: Try", cuts=True, counts=False)
            finish(results, *HOSTS)
            self.assertEqual(results.lines({"web1": {key: 1}}, HOSTS), ["web2 ok"])
        # ignore_unreachable: Ansible counts it as skipped
        results = one_play()
        results.bad("web1", "could not be reached: Try", cuts=False, counts=False)
        self.assertEqual(results.lines({"web1": {"skipped": 1}}, HOSTS), [])

    def test_where_something_ran_after_a_failure_nothing_is_said(self):
        # as in an `always`, or after clear_host_errors
        results = one_play()
        results.bad("web1", "failed: Deploy", cuts=False)
        results.good("web1", "last")
        self.assertEqual(results.lines({"web1": {"failures": 1}}, HOSTS), [])

    def test_a_failure_that_the_recap_does_not_have_is_not_lost(self):
        results = one_play()
        results.bad("web1", "failed: Deploy", cuts=False)
        self.assertEqual(results.lines({"web1": {"rescued": 1}}, HOSTS), [])


if __name__ == "__main__":
    unittest.main()
