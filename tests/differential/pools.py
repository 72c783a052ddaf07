"""What generated inventories are made of: names, values and spaces, the plain ones more often than the odd ones."""

from __future__ import annotations

import random

HOSTS = ["web1", "web2", "web10", "db1", "db2", "a.example.org", "b.example.org", "10.0.0.1", "10.0.0.2", "node-1", "x_1"]
ODD_HOSTS = [
    "web[1:3]", "web[01:03]", "n[0:8:4]x[a:b]", "x[:2]", "x[3:1]", "x[a:c:2]", "x[y:B]", "x[1:]", "x[c:a]", "x[01:3]",
    "x[1-3]", "x[1:3", "x]1[", "x[1:2:0]", "x[1:2:3:4]", "x[-2:1]", "x[ab:cd]", "x[1:2]|y", "x[_1:2]", "x[ 1:2]",
    "x[1_0:12]", "x[+1:2]", "x[3:1:-1]", "x[a:e:-1]", "x[00:1_0]", "x[1:2].[3:4].net", "web1:22", "web1:0", "web1:0022",
    "db1:", ":22", "web1:22:33", "user@web1:22", "user@web1", "10.0.0.1:22", "10.0.0.[1:3]", "10.0.0.[1:3]:22",
    "10.0.0.300:22", "2001:db8::1", "[2001:db8::1]:22", "[2001:db8::1]", "::1", "2001:db8::[1:3]", "[2001:db8::[1:2]]:22",
    "fe80::1%eth0", "[web1]:22", "[web[1:2]]:22", "web1:٣", "héte", "h*", "~x", "!web1", "&web1", "web1,db1", "-x",
    "x-:22", "x_:22", "a..b:22", "a.b.:22", "A.B:22", "localhost", "127.0.0.1", "/srv/chroot", "a/b", "true", "1", "1.5",
    "---", "all", "ungrouped", "g1", "é:22", "ﬀ:22", "x\u00adx", "a\tb", "h=1", "h;x", "h#x", "'q q'", '"q"', "b\\ c",
]
GROUPS = ["g1", "g2", "g3", "g4", "web", "db", "prod", "app-1.0"]
ODD_GROUPS = ["all", "ungrouped", "web1", "db1", "g.1", "größe", "g:x", "g]x", "1", "g 1", "#g", ";g", "g#x", "[g", "g=1",
              "a,b", "_meta", "vars", "hosts", "children", "true", "2001", "g'1", 'g"1', "G1", "~g", "g*", "\u00a0"]
VARIABLES = ["v", "w", "port", "ansible_host", "ansible_port", "ansible_user", "x_1"]
ODD_VARIABLES = ["ansible_group_priority", "", "a-b", "1x", "é", "a.b", "ansible_ssh_port", "true", "class", "v'1", "no"]
TAGS = ["", "", "", ":children", ":vars", ":hosts"]
ODD_TAGS = [":Vars", ":", ":foo", ":vars:x", ":hosts ", " :vars", ":children]", ":é", ":var s"]
SPACES = [" ", " ", " ", "  ", "\t"]
ODD_SPACES = ["\f", "\v", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\u2029", "\u00a0", "\u3000", "\r", "\u200b", "\ufeff",
              "\u180e", "\u0000", "\u0001", "\x7f", "\u2003"]
ENDS = ["\n"] * 40 + ["\r\n", "\r", "\f\n", "\v", "\x1c", "\x85", "\u2028", " \n", "\t\n", "\n\n", "\n  \n", " # c\n", " ; c\n", "#\n"]

INI_VALUES = [
    "1", "0", "-1", "+1", "1.0", "1.10", ".5", "1.", "1e3", "1E400", "-1e400", "007", "00", "0x1F", "0o17", "0b11", "1_000", "1__0",
    "True", "False", "None", "true", "yes", "null", "~", "text", "a.b.c", "2.4.0", "2020-01-01", "12:30", "'1'", "\"'1'\"",
    "'two words'", '"two words"', "''", '""', "", "[1, 2]", "[1,2]", "['a','b']", '"[1, 2]"', "{'a':1}", "\"{'a': [1, {'b': None}]}\"",
    "{1:2,'x':(1,2)}", "(1,2)", "1,2", "()", "{1,2}", "{}", "{{ v }}", "{{v}}", "'{{ v }}'", "\"{{ v }}\"", "{%x%}", "b'x'", "u'x'",
    "r'x\\n'", "'a' 'b'", "f'x'", "1+2j", "1j", "1+1", "1-1", "-1+2j", "...", "[...]", "not", "a=b", "=", "==x", "p@ss#word", "p@ss;word",
    "'p#w'", "#", "a\\ b", "a\\", "'it''s'", "\"it's\"", "it's", "\\'x\\'", '"a\\"b"', '"a\\nb"', "'a\\nb'", "\"'a\\\\nb'\"",
    "\"'\\\\x41\\\\u00e9\\\\N{BULLET}'\"", "'\\\\x4'", "é", "'é'", "\u00a01", "1 ", "0777", "08", "1L", "0xg", "9" * 25, "-0", "-0.0",
    "0.1e-7", "1e16", "123456789012345678.0", "[1, 'x', [2.50, {'k': (True,)}]]", "[1,,2]", "[,]", "{'a':}", "{**{}}", "[*[1]]",
    "-'x'", "--1", "-True", "~1", "lambda: 1", "x if y else z", "\"\"\"a\"\"\"", "'''a b'''", "'a", "set()", "dict()", "{'a':1,'a':2}",
    "{True:1,1:2}", "{1.0:'f'}", "{None:1}", "{[1]:2}", "{{1}}", "{{}}", "[" * 40 + "]" * 40, "(" * 250 + ")" * 250, "1if 1else 2",
    "!vault", "!unsafe x", "%d", "$HOME", "`x`", "a|b", "&x", "*x", "'\\u2028'", "1\\\n2", "\"x'y\"z", "x\"y z\"w",
]
YAML_SCALARS = [
    "1", "0", "-1", "+1", "1.0", "1.10", ".5", "1.", "1e3", "1.0e+3", "1.e+3", "1.0e3", ".inf", "-.inf", ".NaN", "+.inf", "007", "08", "0o17",
    "0x1F", "0b11", "1_000", "1__0", "_1", "12:30", "1:60", "190:20:30", "190:20:30.15", "1:2.5", "22:22", "-1:30", "+12:30", "true", "True",
    "TRUE", "tRUE", "yes", "No", "on", "OFF", "y", "n", "null", "~", "Null", "NULL", "", "none", "text", "two words", "a.b.c",
    "2.4.0", "2020-01-01", "2020-1-1", "2020-13-01", "2020-01-01 10:00:00", "2020-01-01T10:00:00Z", "2020-01-01t10:00:00.5+02:00",
    "2020-01-01 10:00:00 -5", "2020-01-01T10:00:00.123456789+00:00", "2020-02-30", "'1'", '"1"', "'it''s'", '"a\\nb\\x41\\u00e9"', '"a\\qb"', "''",
    '""', "'{{ v }}'", "{{ v }}", "{{v}}", "x {{ v }}", "'{% raw %}'", "@x", "`x`", "%x", "!unsafe x", "!unsafe '{{ x }}'", "!unsafe {a: 'x'}",
    "!unsafe [a, '{{ b }}']", "!vault x", "!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162", "!!str 1", "!!int '1'", "!!float 1", "!!bool yes", "!!null ''",
    "!!int x", "!!float x", "!!bool x", "!!binary aGk=", "!!set {a, b}", "!!omap [a: 1]", "!!pairs [a: 1]", "!foo x", "!!timestamp 2020-01-01",
    "!!python/none", "! 1", "!<tag:yaml.org,2002:str> 1", "!!map {a: 1}", "!!seq [1]", "!!str", "!!int", "- a", "-", "=", "<<", "?", ":", "a: b",
    "a:b", "a #c", "a#c", "&x 1", "*x", "*nope", "[1, 2]", "[1, [2, {a: b}]]", "[]", "{}", "{a: 1, b: {c: [1.10, yes]}}", "{a: 1, a: 2}",
    "{1: a, 1.5: b, yes: c, ~: d, 2020-01-01: e}", "{[1]: x}", "{? a, ? b}", "{a, b: }", "[a, ]", "[a, , b]", "[a: b]", "{<<: {a: 1}, b: 2}",
    "{<<: [{a: 1}, {a: 2, c: 3}], a: 0}", "{<<: 1}", "{b: 1, <<: {b: 2, c: 3}}", "|\n  a\n   b\n", ">\n  a\n  b\n\n  c\n", "|-\n  a\n", ">+\n  a\n\n", "|2\n  a\n",
    "0.1", "0.10", "123456789012345678901234567890", "1.23456789012345678", "1e-7", "1.0e-7", "1.0e+400", "0.0", "-0.0", "-0", "0x_", "0b", "0b2", ".", "..", "._5", "1._5",
    "._", "-_", "1_0.5_0", "+1.5", "é", '"\\u2028"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\0"', "'a\n\n  b'", "!!str {a: 1}", "\u00a0x", "x\u2028y", "x\u0085y", "\u00e9\ufeff",
    "!!merge <<", "!!value =", "0000-01-01", "9999-12-31", "2020-01-01 24:00:00", "!!binary '***'", "!!float .5", "!!float '1:30'", "!!int '0b1_1'", "!!int ''", "!!float ''",
]
YAML_ODD_KEYS = ["1", "1.0", "yes", "~", "null", "2020-01-01", "''", '"q q"', "? a\n", "<<", "=", "!!str 1", "[a]", "{a: b}", "&k k", "*k", "a b", "!x y", "0x1F", "1e3"]
FILE_ENDINGS = ["", "", ".yml", ".yml", ".yaml", ".json"]
ODD_ENDINGS = [".txt", ".ini", "~", ".bak", ".YML", ".yml.bak", ".d", ".toml", ".cfg", ".", ".yml.yml", ".j2"]


class Pick:
    """Chooses among plain and odd texts; how often odd ones come is fixed for a case."""

    def __init__(self, rng: random.Random, oddness: float) -> None:
        self.rng = rng
        self.oddness = oddness

    def odd(self, factor: float = 1.0) -> bool:
        """Whether something odd is to come now."""
        return self.rng.random() < self.oddness * factor

    def chance(self, probability: float) -> bool:
        """Whether something happens with this probability."""
        return self.rng.random() < probability

    def of(self, plain: list[str], odd: list[str] | None = None, factor: float = 1.0) -> str:
        """One of the plain texts, now and then of the odd ones."""
        return self.rng.choice(odd if odd and self.odd(factor) else plain)

    def host(self) -> str:
        """A host, perhaps with a range or a port."""
        return self.of(HOSTS, ODD_HOSTS)

    def group(self) -> str:
        """A group's name."""
        return self.of(GROUPS, ODD_GROUPS)

    def known_group(self, known: list[str]) -> str:
        """A group's name, mostly one of those that are declared."""
        return self.rng.choice(known) if known and not self.odd() else self.group()

    def variable(self) -> str:
        """A variable's name."""
        return self.of(VARIABLES, ODD_VARIABLES)

    def space(self) -> str:
        """Space between words."""
        return self.of(SPACES, ODD_SPACES, 0.3)

    def count(self, most: int) -> int:
        """A number up to `most`, small ones more often."""
        return min(self.rng.randint(0, most), self.rng.randint(0, most))
