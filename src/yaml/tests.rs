//! Texts and what Ansible 2.19 makes of them.
#![allow(clippy::unwrap_used)]

use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;

use super::*;

/// How many texts the comparison makes.
const CASES: u32 = 5000;

/// The value as JSON, or offset and message.
fn yaml(source: &str) -> Result<String, String> {
    let arena = Arena::new();
    let text = Text { text: arena.alloc_str(source), base: Pos(100) };
    let value = parse(&arena, text, &mut Vec::new());
    value.map(|value| value.to_json()).map_err(|fault| format!("{}: {}", fault.at.0 - 100, fault.message))
}

#[track_caller]
fn reads(cases: &[(&str, &str)]) {
    for (source, printed) in cases {
        assert_eq!(yaml(source).as_deref(), Ok(*printed), "{source:?}");
    }
}

#[track_caller]
fn fails(cases: &[(&str, &str)]) {
    for (source, message) in cases {
        assert_eq!(yaml(source).as_ref().map_err(String::as_str), Err(*message), "{source:?}");
    }
}

#[test]
fn plain_scalars_have_the_types_of_yaml_1_1() {
    reads(&[
        ("[yes, No, ON, off, true, FALSE]", "[true,false,true,false,true,false]"),
        ("[y, n, yEs, tRue, none, nil]", r#"["y","n","yEs","tRue","none","nil"]"#),
        ("[~, null, Null, NULL, ]", "[null,null,null,null]"),
        ("[010, 0x1F, 0b101, 1_000, +1, -1, 00, 0_]", "[8,31,5,1000,1,-1,0,0]"),
        ("[12:30, 190:20:30, 22:22]", "[750,685230,1342]"),
        ("[08, 0o10, 08:30, 1:60, 80:8080, _1, 0b2]", r#"["08","0o10","08:30","1:60","80:8080","_1","0b2"]"#),
        ("[1.0, 1.10, 1., .5, 1.0e+3, 1_0.5, 1:30.5]", "[1.0,1.1,1.0,0.5,1000.0,10.5,90.5]"),
        ("[.inf, -.INF, .nan]", "[Infinity,-Infinity,NaN]"),
        ("[1e3, 1.2e3, -.5, +.5, 1.e3, 1.0.0, inf]", r#"["1e3","1.2e3","-.5","+.5","1.e3","1.0.0","inf"]"#),
        ("[2020-01-01, 2001-1-1, 2001-12-14T21:59:43Z]", r#"["2020-01-01","2001-1-1","2001-12-14T21:59:43+00:00"]"#),
        ("'12'", r#""12""#),
    ]);
    fails(&[
        ("a: 0b_", "3: `0b_` is not an integer"),
        ("a: 2001-02-30", "3: `2001-02-30` is not a date: the month has no such day"),
        ("a: =", "3: `=` cannot be a value"),
        ("a: <<", "3: `<<` can only be a key"),
    ]);
}

#[test]
fn documents_are_one_or_none() {
    reads(&[
        ("", "null"),
        ("# only a comment\n", "null"),
        ("---\n", "null"),
        ("%YAML 1.2\n---\na: yes\n...\n", r#"{"a":true}"#),
        ("\u{feff}---\na: 1\n", r#"{"a":1}"#),
    ]);
    fails(&[
        ("a: 1\n---\nb: 2\n", "5: a second document starts here"),
        ("\u{feff}a: b: c\n", "7: mapping values are not allowed in this context"),
    ]);
}

#[test]
fn keys_are_scalars() {
    reads(&[
        ("{1: a, 1.50: b, yes: c, ~: d}", r#"{"1":"c","1.5":"b","null":"d"}"#),
        ("=: a", r#"{"=":"a"}"#),
        ("? |\n  k\n: v", r#"{"k\n":"v"}"#),
        ("!unsafe k: v", r#"{"k":"v"}"#),
    ]);
    fails(&[
        ("? [a]\n: b", "2: a list cannot be a key"),
        ("a: {{b: c}: d}", "3: a value that starts with `{{` needs quotes"),
        ("a: 1\n2001-01-01: b", "5: a date cannot be a key"),
        ("!vault a: b", "0: a vault cannot be a key"),
    ]);
}

#[test]
fn a_repeated_key_warns_and_the_last_counts() {
    let arena = Arena::new();
    let text = Text { text: "a: 1\nb: 2\na: 3\nc: &c {x: 1}\nd:\n  <<: *c\n  x: 2\n", base: Pos(0) };
    let mut warnings = Vec::new();
    let value = parse(&arena, text, &mut warnings).unwrap();
    assert_eq!(value.to_json(), r#"{"a":3,"b":2,"c":{"x":1},"d":{"x":2}}"#);
    assert_eq!(warnings, [(Pos(10), "the key `a` is repeated; the last value counts".to_string())]);
}

#[test]
fn merges_yield_to_own_keys_and_the_first_wins() {
    reads(&[
        ("{<<: {a: 1, b: 2}, b: 3, a: 9, <<: {c: 1, a: 0}}", r#"{"a":9,"b":3,"c":1}"#),
        ("{<<: [{a: 1, b: 2}, {c: 1, a: 0}], z: 1}", r#"{"c":1,"a":1,"b":2,"z":1}"#),
        ("{z: 1, <<: {a: 1}}", r#"{"a":1,"z":1}"#),
        ("{<<: {<<: {a: 1}, b: 2}, '<<': 3}", r#"{"a":1,"b":2,"<<":3}"#),
        ("{<<: [], a: 1}", r#"{"a":1}"#),
        ("!!merge x: {a: 1}", r#"{"a":1}"#),
    ]);
    fails(&[
        ("<<:", "3: `<<` merges a mapping or a list of mappings, not null"),
        ("<<: [{a: 1}, 2]", "4: `<<` merges a mapping or a list of mappings, not a number"),
    ]);
}

#[test]
fn anchors_are_shared() {
    let arena = Arena::new();
    let text = Text { text: "[&a [1, 2], *a]", base: Pos(0) };
    let Value::List([Value::List(first), Value::List(second)]) = parse(&arena, text, &mut Vec::new()).unwrap() else {
        panic!("two lists")
    };
    assert!(std::ptr::eq(*first, *second));
    fails(&[
        ("a: *b", "3: `*b` names no anchor"),
        ("a: &a [*a]", "7: `*a` stands inside of `&a`"),
        ("[&a 1, &a 2]", "7: the anchor `&a` is defined twice"),
    ]);
}

#[test]
fn tags_type_what_they_stand_on() {
    reads(&[
        ("[!!str 1, !!int '0x1F', !!int 0o17, !!float 1, !!bool 'On', !!null x]", r#"["1",31,15,1.0,true,null]"#),
        ("!!set {a, b}", r#"["a","b"]"#),
        ("!!omap [a: 1, b: 2]", r#"[["a",1],["b",2]]"#),
        ("[&m {a: 1}, !!pairs [*m, [x]: y]]", r#"[{"a":1},[["a",1],[["x"],"y"]]]"#),
        ("[!!seq [], !!map {}, ! 12, ! '12', ! {}]", r"[[],{},12,12,{}]"),
        ("!<tag:yaml.org,2002:str> 1", r#""1""#),
        ("!vault |\n  x\n  y\n", r#"{"__ansible_vault":"x\ny\n"}"#),
        ("!vault-encrypted x", r#"{"__ansible_vault":"x"}"#),
        ("[!unsafe x, !unsafe '12', a]", r#"[{"__ansible_unsafe":"x"},12,"a"]"#),
        (
            "[!unsafe {k: [x, '12', 12, !vault v]}, x]",
            r#"[{"k":[{"__ansible_unsafe":"x"},{"__ansible_unsafe":"12"},12,{"__ansible_vault":"v"}]},"x"]"#,
        ),
    ]);
    fails(&[
        ("!foo x", "0: the tag `!foo` is unknown"),
        ("a: !!python/tuple [1]", "3: the tag `!!python/tuple` is unknown"),
        ("!!binary aGk=", "0: `!!binary` is not supported: an inventory cannot hold bytes"),
        ("!vault 12", "0: `!vault` takes a string, not a number"),
        ("!vault [a]", "0: `!vault` takes a string, not a list"),
        ("!!int x", "0: `x` is not an integer"),
        ("!!map", "0: `!!map` takes a mapping, not a scalar"),
        ("!!seq {}", "0: `!!seq` takes a list, not a mapping"),
        ("!!omap [{a: 1, b: 2}]", "8: `!!omap` and `!!pairs` take a list of mappings with one key each"),
    ]);
}

#[test]
fn texts_are_borrowed_where_they_stand_in_one_piece() {
    let arena = Arena::new();
    let source = "- plain text\n- 'single'\n- &x !!str \"double\"\n- 'it''s'\n- a\n  b\n";
    let value = parse(&arena, Text { text: source, base: Pos(0) }, &mut Vec::new()).unwrap();
    let Value::List(items) = value else { panic!("a list") };
    let inside = |text: &str| source.as_bytes().as_ptr_range().contains(&text.as_ptr());
    let borrowed: Vec<_> = items.iter().map(|item| inside(item.text().unwrap())).collect();
    assert_eq!(borrowed, [true, true, true, false, false]);
}

#[test]
fn keys_know_their_place() {
    let arena = Arena::new();
    let text = Text { text: "é: 1\nb:\n  'c': 2\n", base: Pos(10) };
    let Value::Map([first, Entry { value: Value::Map([inner]), .. }]) = parse(&arena, text, &mut Vec::new()).unwrap()
    else {
        panic!("a mapping in a mapping")
    };
    assert_eq!((first.at, inner.at), (Pos(10), Pos(10 + 11)));
}

#[test]
fn common_mistakes_get_a_hint() {
    let fault = |source: &str| {
        let arena = Arena::new();
        let text = Text { text: arena.alloc_str(source), base: Pos(0) };
        let fault = parse(&arena, text, &mut Vec::new()).unwrap_err();
        (fault.at.0, fault.message, fault.hint.unwrap_or_default())
    };
    for (source, at, message, hint) in [
        ("a:\n\tb: 1\n", 3, "a tab where YAML wants spaces", "indent with spaces"),
        ("a: b: c\n", 4, "mapping values are not allowed in this context", "a value with `: ` in it needs quotes"),
        ("a: {{ x }}\n", 3, "a value that starts with `{{` needs quotes", "write `key: \"{{ name }}\"`"),
        ("a: {{ x }}-y\n", 3, "a value that starts with `{{` needs quotes", "write `key: \"{{ name }}\"`"),
        ("a: @x\n", 3, "found character that cannot start any token", "a value that starts with `@` needs quotes"),
        ("a: `x`\n", 3, "found character that cannot start any token", "a value that starts with ``` needs quotes"),
        ("a: %x\n", 3, "found character that cannot start any token", "a value that starts with `%` needs quotes"),
        (
            "{\n\ta: @x}\n",
            6,
            "found character that cannot start any token",
            "a value that starts with `@` needs quotes",
        ),
        ("a: 1\nb: [\n\t1, 2\nc: 1\n", 17, "did not find expected ',' or ']'", "the list or mapping opens in line 2"),
        ("a: \"x\nb: 1\n", 3, "a quote that opens here is never closed", ""),
        ("%x: 1\n", 2, "found unexpected non-alphabetical character", "a line that starts with `%` needs quotes"),
        ("a:\n  b: 1\n c: 2\n", 11, "did not find expected key", "check the indentation"),
        ("a: - b\n", 3, "block sequence entries are not allowed", "put the first `- ` of a list on a line of its own"),
        ("a: 1\nb\n", 7, "could not find expected ':'", "each line of a mapping is `key: value`"),
        ("a: \"\\q\"\n", 4, "found unknown escape character", "in double quotes write `\\\\` for a backslash"),
        (
            "  a: 1\nb: 2\n",
            7,
            "did not find expected <document start>",
            "lines of one mapping start in the same column",
        ),
        ("a: x\u{1}y\n", 4, "the character U+0001 may not stand in YAML", "write it as an escape in double quotes"),
        ("a: é\u{1}\n", 5, "the character U+0001 may not stand in YAML", "write it as an escape in double quotes"),
    ] {
        let found = fault(source);
        assert!(found.0 == at && found.1.starts_with(message) && found.2.starts_with(hint), "{source:?}: {found:?}");
    }
}

#[test]
fn bombs_are_refused_quickly() {
    let mut laughs = "a0: &a0 [x, x]\n".to_string();
    let mut merges = "b0: &b0 {k: x}\n".to_string();
    let mut chain = "- &c0 [x]\n".to_string();
    for i in 1..2000 {
        laughs += &format!("a{i}: &a{i} [*a{0}, *a{0}, *a{0}, *a{0}]\n", i - 1);
        merges += &format!("b{i}: &b{i} {{<<: [*b{0}, *b{0}, *b{0}, *b{0}]}}\n", i - 1);
        chain += &format!("- &c{i} [*c{}]\n", i - 1);
    }
    let deep = "[".repeat(1_000_000);
    let dashes = "- ".repeat(100_000);
    for (source, message) in [
        (laughs, "aliases expand to more than 5000000 values"),
        (merges, "aliases expand to more than 5000000 values"),
        (chain, "lists and mappings nest deeper than 1000 levels"),
        (deep, "lists and mappings nest deeper than 1000 levels"),
        (dashes, "lists and mappings nest deeper than 1000 levels"),
    ] {
        let error = yaml(&source).unwrap_err();
        assert!(error.ends_with(message), "{error}");
    }
    let flat = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    assert_eq!(yaml(&flat), Ok(flat));
}

/// A line of a mapping or list, often one that the short way takes.
fn line() -> impl Strategy<Value = String> {
    let indent = select(&["", "", "  ", "  ", "    ", " ", "      "][..]);
    let dash = select(&["", "", "", "- ", "-   ", "- - ", "-"][..]);
    let key = select(
        &["a", "b", "web[1:2].x", "a:b", "1", "yes", "x y", "a-1", "_", "12:30", "2001-01-01", "'q'", "<<", "#c", ""][..],
    );
    let colon = select(&[": ", ": ", ": ", ":", ":  ", " : ", ""][..]);
    let value = select(
        &[
            "",
            "",
            "x",
            "1",
            "010",
            "1.0",
            "yes",
            "~",
            "a b",
            "a:b",
            "a: b",
            "a:",
            "-x",
            "- x",
            "-",
            "+1",
            "x # c",
            "# c",
            "x#y",
            "'q'",
            "\"q\"",
            "'it''s'",
            "\"a\\n\"",
            "'q' x",
            "'q' # c",
            "\"",
            "'",
            "[]",
            "{}",
            "[a]",
            "{a: b}",
            "{a: [1, 'x', \"y\"], \"b\": {}}",
            "[a, ]",
            "[a] # c",
            "[a, a: b]",
            "{a:1}",
            "{a}",
            "[[], {}",
            "&a x",
            "*a",
            "!!str 1",
            "|",
            ">",
            "{{ x }}",
            "2001-02-30",
            "---",
            "...",
            "x  ",
            "%x",
            "@x",
            "0b_",
            "<<",
            "=",
            "?",
            ".",
            "..",
            "$x",
            "/x",
            "x\ty",
            "\"x\\\"y\"",
            "\"x\\\\\"",
            "\"x\\\"",
            "\"x\" \"y\"",
            "'x\\'",
            "'x''y'",
            "é",
        ][..],
    );
    let whole = select(&["---", "...", "# c", "  # c", "", "   ", "--- ", "--- a", "---a", "- ", "-"][..]);
    prop_oneof![
        12 => (indent, dash, key, colon, value).prop_map(|(a, b, c, d, e)| format!("{a}{b}{c}{d}{e}")),
        1 => whole.prop_map(str::to_string),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_short_way_reads_what_libyaml_reads(lines in proptest::collection::vec(line(), 1..7), end in select(&["", "\n"][..])) {
        let source = lines.join("\n") + end;
        let arena = Arena::new();
        let text = Text { text: arena.alloc_str(&source), base: Pos(0) };
        let (mut left, mut right) = (Vec::new(), Vec::new());
        prop_assert_eq!(parse(&arena, text, &mut left), parse_events(&arena, text, MAX_EXPANDED, &mut right));
        prop_assert_eq!(left, right);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_short_way_reads_brackets_as_libyaml_does(source in brackets()) {
        let arena = Arena::new();
        let text = Text { text: arena.alloc_str(&source), base: Pos(0) };
        let (mut left, mut right) = (Vec::new(), Vec::new());
        prop_assert_eq!(parse(&arena, text, &mut left), parse_events(&arena, text, MAX_EXPANDED, &mut right));
        prop_assert_eq!(left, right);
    }
}

proptest! {
    #[test]
    fn the_commonest_kinds_are_told_as_all_are(text in "[0-9]{1,20}|[0-9.]{1,9}|[0-9:._e+-]{1,7}|[a-z0-9./]{1,7}|[yntfo][a-z]{0,5}") {
        if let Some(value) = common(&text) {
            prop_assert_eq!(scalar::implicit(resolve_loosely(&text).0, &text), Ok(value));
        }
    }

    #[test]
    fn entries_of_words_are_read_as_libyaml_reads_them(lines in proptest::collection::vec((select(&["", "  ", "    "][..]), select(&["a", "b", "c_d", "1", "yes", "10.0.0.1", "x/y", "-", "e"][..]), select(&[":", ": ", ": w", ": 10.0.0.1", ": 12", ": 012", ": 1.5", ": on", ": a:", ": a: b", ": a #b", ":w", ": \"q\"", ": |"][..])), 1..9), end in select(&["", "\n", " \n", "\n\n", "\n..."][..])) {
        let source = lines.iter().map(|(indent, key, value)| format!("{indent}{key}{value}")).collect::<Vec<_>>().join("\n") + end;
        let arena = Arena::new();
        let text = Text { text: arena.alloc_str(&source), base: Pos(0) };
        let (mut left, mut right) = (Vec::new(), Vec::new());
        // Places, too, which `==` leaves out.
        let said = |value: Result<Value<'_>, Fault>| format!("{value:?}");
        prop_assert_eq!(said(parse(&arena, text, &mut left)), said(parse_events(&arena, text, MAX_EXPANDED, &mut right)));
        prop_assert_eq!(left, right);
    }
}

/// A list or mapping in brackets, with a few words or signs too many.
fn brackets() -> impl Strategy<Value = String> {
    let word = select(
        &[
            "a",
            "\"a\"",
            "'b'",
            "b c",
            "1",
            "-1",
            "- 1",
            "1.50",
            "yes",
            "null",
            "\"x y\"",
            "\"\"",
            "'it''s'",
            "\"\\n\"",
            "<<",
            "a-",
            "-",
            "---",
            "a:b",
            "2001-02-30",
            "0b_",
            "a.b",
            "\"a\nb\"",
            "=",
            "#",
            "&a",
            "*a",
            "!x",
            "?",
            ".",
            "...",
            "",
        ][..],
    );
    let gap = || select(&["", "", "", "", " ", "\n", "  ", " \n ", "\n\n"][..]);
    let colon = select(&[": ", ": ", ": ", ":", ":\n", " : ", "\n: ", ""][..]);
    let leaf = word.prop_map(str::to_string);
    let value = leaf.clone().prop_recursive(4, 24, 4, move |inner| {
        let entry =
            (leaf.clone(), colon.clone(), inner.clone()).prop_map(|(key, colon, value)| format!("{key}{colon}{value}"));
        let list = |items: Vec<String>, between: &str| items.join(&format!(",{between}"));
        prop_oneof![
            (proptest::collection::vec(inner, 0..4), gap(), gap())
                .prop_map(move |(items, a, b)| format!("[{a}{}{b}]", list(items, a))),
            (proptest::collection::vec(entry, 0..4), gap(), gap())
                .prop_map(move |(items, a, b)| format!("{{{a}{}{b}}}", list(items, a))),
        ]
    });
    (gap(), value, gap(), select(&["", "", "", "", "]", ",", "# c", " # c", "x", ": y"][..]))
        .prop_map(|(a, value, b, more)| format!("{a}{value}{b}{more}"))
}

#[test]
fn the_short_way_takes_json() {
    let source = "{\n  \"versions\": {\"shop-1.10\": \"web1,web2\"},\n  \"canary\": [1, 0.5, -2, true, null, [], {}], 'a b': c\n}\n";
    let arena = Arena::new();
    let mut warnings = Vec::new();
    let mut composer = Composer::new(&arena, Text { text: source, base: Pos(0) }, MAX_EXPANDED, &mut warnings);
    assert!(plain::may_take(source) && plain::Lines::read(&mut composer).is_some());
    assert_eq!(
        composer.root.unwrap().to_json(),
        r#"{"versions":{"shop-1.10":"web1,web2"},"canary":[1,0.5,-2,true,null,[],{}],"a b":"c"}"#
    );
}

#[test]
fn the_short_way_takes_common_inventories() {
    let source = "---\n# hosts\nall:\n  hosts: # two\n    web[1:2].example.com:\n      port: 22\n    10.0.0.1: {}\n  vars:\n    \
                  q: \"{\\\"r\\\": \\\\}\"\n    list:\n    - a\n    - b: 'c'\n      d: \"e\"\n    f: g # h\n    i:\n  children:\n";
    let arena = Arena::new();
    let mut warnings = Vec::new();
    let mut composer = Composer::new(&arena, Text { text: source, base: Pos(0) }, MAX_EXPANDED, &mut warnings);
    assert!(plain::may_take(source) && plain::Lines::read(&mut composer).is_some());
    assert_eq!(
        composer.root.unwrap().to_json(),
        r#"{"all":{"hosts":{"web[1:2].example.com":{"port":22},"10.0.0.1":{}},"vars":{"q":"{\"r\": \\}","list":["a",{"b":"c","d":"e"}],"f":"g","i":null},"children":null}}"#
    );
}
