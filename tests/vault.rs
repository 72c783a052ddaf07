//! Files under vault as a whole. Those here were made by `ansible-vault` of ansible-core 2.19.

use std::sync::LazyLock;

use serde_json::Value;

use crate::support::{Test, names};

const HOSTS: &str = include_str!("fixtures/inventories/vault/inventory-1.yml");
const WEB: &str = include_str!("fixtures/inventories/vault/group_vars/web.yml");
/// With the vault id `prod`; its second line, `d: hunter2: 3`, is not YAML.
const BROKEN: &str = include_str!("fixtures/vault/broken.yml");
const BROKEN_INI: &str = include_str!("fixtures/vault/broken.ini");
pub const PASSWORD: &str = "correct horse battery staple";
const VERSION: [&str; 2] = ["--version-from", "var:app_version"];

fn test() -> Test {
    Test::new()
        .file("hosts.yml", "web: {hosts: {web1: }}\n")
        .file("group_vars/web.yml", WEB)
        .args(&["-i", "hosts.yml"])
        .args(&VERSION)
}

fn token(list: &Value) -> &str {
    list["web"]["vars"]["api_token"].as_str().unwrap()
}

const TOKEN: &str = "s3cr3t: with a colon";

#[test]
fn the_password_comes_from_a_file_or_a_program() {
    let file = test().file("password", format!(" \n{PASSWORD}\r\n\n")).args(&["--vault-password-file", "password"]);
    assert_eq!(token(&file.args(&["--list"]).json()), TOKEN);
    let program = test()
        .script("password.sh", &format!("#!/bin/sh\n[ $# = 0 ] && echo '{PASSWORD}'\n"))
        .env("REGAL_VAULT_PASSWORD_FILE", "password.sh");
    assert_eq!(token(&program.args(&["--list"]).json()), TOKEN);
    let ansible = test().file("password", PASSWORD).env("ANSIBLE_VAULT_PASSWORD_FILE", "password");
    assert_eq!(token(&ansible.args(&["--list"]).json()), TOKEN);
    let home = test().file("home/.vault", PASSWORD).args(&["--vault-password-file", "~/.vault"]);
    let folder = home.path().join("home").display().to_string();
    assert_eq!(token(&home.env("HOME", &folder).args(&["--list"]).json()), TOKEN);
}

#[test]
fn paths_in_the_configuration_start_from_its_folder() {
    let config = "inventory: ../hosts.yml\nversion_from: {var: app_version}\nvault_password_file: password\n";
    let test = Test::new()
        .file("hosts.yml", HOSTS)
        .file("group_vars/web.yml", WEB)
        .file("etc/regal.yml", config)
        .file("etc/password", PASSWORD)
        .args(&["--config", "etc/regal.yml", "--list"]);
    let list = test.json();
    assert_eq!(names(&list["web"]["hosts"]), ["web1", "web2", "web3"]);
    assert_eq!(token(&list), TOKEN);
}

#[test]
fn vault_ids_are_tried_in_turn_and_a_client_is_told_its_id() {
    let client = format!("#!/bin/sh\n[ \"$1 $2\" = '--vault-id prod' ] && echo '{PASSWORD}'\n");
    let with_client = || test().script("keys-client.sh", &client).file("wrong", "wrong");
    let list = with_client().args(&["--vault-id", "dev@wrong", "--vault-id", "prod@keys-client.sh", "--list"]).json();
    assert_eq!(token(&list), TOKEN);
    let of_ansible = with_client().env("ANSIBLE_VAULT_IDENTITY_LIST", "dev@wrong, me@prompt, prod@keys-client.sh");
    assert_eq!(token(&of_ansible.args(&["--list"]).json()), TOKEN);
    let of_regal = with_client().env("REGAL_VAULT_IDS", "dev@wrong,prod@keys-client.sh");
    assert_eq!(token(&of_regal.args(&["--list"]).json()), TOKEN);
    let asked = with_client().args(&["--vault-id", "dev@keys-client.sh", "--list"]).errors();
    assert!(asked.contains("the vault password script `keys-client.sh` failed (exit status: 1)"), "{asked}");
}

/// As Ansible does; the others may be all that is needed.
#[test]
fn a_password_that_cannot_be_had_is_a_warning_beside_others() {
    let test = test().file("password", PASSWORD).args(&["--vault-id", "dev@none", "--vault-id", "password", "check"]);
    let checked = test.run();
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert!(checked.stderr.contains("--vault-id: the vault password file `none` cannot be read"), "{}", checked.stderr);
}

#[test]
fn a_password_is_not_asked_for_without_need() {
    let test = Test::new().file("hosts", "w1 app_version=1\n").script("no.sh", "#!/bin/sh\necho asked >&2\nexit 1\n");
    test.args(&["-i", "hosts", "--vault-password-file", "no.sh", "--list"]).args(&VERSION).json();
}

#[test]
fn messages_about_passwords() {
    let mut all = String::new();
    let mut show = |test: Test, options: &[&str]| {
        all.push_str(&format!("## {}\n{}\n", options.join(" "), test.args(options).args(&["--list"]).errors()));
    };
    show(test().file("wrong", "wrong\n"), &["--vault-password-file", "wrong"]);
    show(test().file("wrong", "wrong\n").file("group_vars/web.yml", BROKEN), &["--vault-id", "dev@wrong"]);
    show(test(), &["--vault-password-file", "missing"]);
    show(test().file("empty", " \n\n"), &["--vault-password-file", "empty"]);
    show(test().file("folder/keep", ""), &["--vault-password-file", "folder"]);
    show(test().script("fails.sh", "#!/bin/sh\nexit 3\n"), &["--vault-password-file", "fails.sh"]);
    show(test().script("silent.sh", "#!/bin/sh\n"), &["--vault-password-file", "silent.sh"]);
    show(test().script("stray", PASSWORD), &["--vault-password-file", "stray"]);
    show(test().script("keys-client", "#!/bin/sh\nexit 2\n"), &["--vault-id", "qa@keys-client"]);
    show(test(), &["--vault-id", "dev@prompt"]);
    show(test(), &["--vault-id", "dev@"]);
    show(test(), &["--vault", "ignore"]);
    let damaged = |text: String| test().file("password", PASSWORD).file("group_vars/web.yml", text);
    show(damaged(WEB[..WEB.len() - 2].to_string()), &["--vault-password-file", "password"]);
    show(damaged(WEB.replace("AES256", "AES")), &["--vault-password-file", "password"]);
    show(damaged(WEB.lines().take(1).collect()), &["--vault-password-file", "password"]);
    insta::assert_snapshot!(all);
}

/// What was decrypted may stand in the inventory, and nowhere else.
#[test]
fn messages_show_nothing_that_was_decrypted() {
    let vars = test().file("group_vars/web.yml", BROKEN).file("password", PASSWORD);
    let hosts = Test::new().file("hosts.ini", BROKEN_INI).file("password", PASSWORD).args(&VERSION);
    let mut all = vars.args(&["--vault-password-file", "password", "--list"]).errors();
    all += &hosts.args(&["-i", "hosts.ini", "--vault-password-file", "password", "--list"]).errors();
    for word in ["token", "s3cr3t", "web1", "hunter2"] {
        assert!(!all.contains(word), "{word} in {all}");
    }
    insta::assert_snapshot!(all);
}

/// What `ansible-vault` would make of a text.
pub fn encrypt(text: &str) -> String {
    use aes::cipher::{KeyIvInit, StreamCipher};
    use hmac::{KeyInit, Mac};
    const SALT: &[u8] = b"salt";
    // Deriving them takes long.
    static KEYS: LazyLock<[u8; 80]> = LazyLock::new(|| {
        let mut keys = [0; 80];
        pbkdf2::pbkdf2_hmac::<sha2::Sha256>(PASSWORD.as_bytes(), SALT, 10_000, &mut keys);
        keys
    });
    let keys = &*KEYS;
    let mut data = text.as_bytes().to_vec();
    let padding = 16 - data.len() % 16;
    data.resize(data.len() + padding, padding as u8);
    ctr::Ctr128BE::<aes::Aes256>::new_from_slices(&keys[..32], &keys[64..]).unwrap().apply_keystream(&mut data);
    let mut tag = hmac::Hmac::<sha2::Sha256>::new_from_slice(&keys[32..64]).unwrap();
    tag.update(&data);
    let inner = [SALT, &tag.finalize().into_bytes(), &data].map(base16ct::lower::encode_string).join("\n");
    format!("$ANSIBLE_VAULT;1.1;AES256\n{}\n", base16ct::lower::encode_string(inner.as_bytes()))
}

/// Words that messages have of themselves.
const OWN_WORDS: [&str; 12] =
    ["hosts", "vars", "children", "is", "it", "port", "at", "and", "begin", "web", "key", "value"];

#[test]
#[ignore = "long; run tests/run"]
fn no_message_about_an_inventory_shows_a_word_that_was_decrypted() {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for (name, file, text) in crate::messages::INVENTORIES {
        let test = Test::new().file(file, encrypt(text)).file("password", PASSWORD).args(&["-i", file, "--list"]);
        let message = test.args(&["--vault-password-file", "password"]).args(&VERSION).errors();
        assert!(message.contains("ansible-vault view FILE"), "{name}: {message}");
        for line in message.lines().filter(|line| !line.starts_with("  hint: look at the place with")) {
            let said = line.rsplit_once(&format!("{file}:")).map_or(line, |(_, said)| said);
            let said = said.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
            for word in text.split(|c| !is_word(c)).filter(|word| word.len() > 1 && !OWN_WORDS.contains(word)) {
                assert!(!said.split(|c| !is_word(c)).any(|part| part == word), "{name}: {word} in {line}");
            }
        }
    }
}

#[test]
fn without_a_password_vars_files_are_left_out() {
    let versions = ["--versions", "v=all"];
    let test = || {
        Test::new()
            .file("hosts.yml", "web: {hosts: {web1: }}\n")
            .file("group_vars/web.yml", WEB)
            .args(&["-i", "hosts.yml"])
            .args(&versions)
    };
    let refused = test().args(&["--list"]).errors();
    assert!(refused.contains("group_vars/web.yml: the vars file is encrypted as a whole"), "{refused}");
    let list = test().args(&["--list", "--vault", "skip"]).json();
    assert!(list["web"]["vars"].get("api_token").is_none());
    let checked = test().args(&["check", "--vault", "skip"]).run();
    assert_eq!(checked.code, 0);
    assert!(checked.stderr.contains("web.yml: is encrypted as a whole and was not read"), "{}", checked.stderr);
    assert_eq!(names(&test().args(&["--list", "--groups-only"]).json()["v_groupA"]["hosts"]), ["web1"]);
}

#[test]
fn a_whole_inventory_needs_a_password_whatever_is_skipped() {
    let test = Test::new().file("hosts.yml", HOSTS).args(&["-i", "hosts.yml", "--vault", "skip", "--list"]);
    let message = test.args(&VERSION).errors();
    assert!(message.contains("hosts.yml: the inventory file is encrypted as a whole"), "{message}");
}

/// Encrypts with the real tool, and compares what both read.
#[test]
#[ignore = "needs ansible; run tests/run"]
fn what_ansible_vault_writes_is_read() {
    let text = "a: [1, 2.50, yes, ~]\nb: \"ü\\n\"\nc: 2001-12-14\n".to_string();
    for (length, option) in
        [(0, "--vault-id=dev@password"), (15, "--vault-password-file=password"), (16, "--vault-id=password")]
    {
        for bin in crate::ansible::in_rotation(option) {
            let test = Test::new()
                .file("hosts", "[web]\nweb1\n")
                .file("password", "pass word\n")
                .file("group_vars/web.yml", format!("{text}d: '{}'\n", "x".repeat(length)));
            let run = |program: &str, arguments: &[&str]| {
                let mut command = std::process::Command::new(bin.join(program));
                let output = command.args(arguments).current_dir(test.path()).output().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                output.stdout
            };
            run("ansible-vault", &["encrypt", option, "group_vars/web.yml"]);
            // From 2.22 on it prints masks instead of decrypted values; a file has the values.
            run("ansible-inventory", &["-i", "hosts", "--host", "web1", option, "--output", "expected.json"]);
            let expected = std::fs::read(test.path().join("expected.json")).unwrap();
            let expected: Value = serde_json::from_slice(&expected).unwrap();
            let ours = test.args(&["-i", "hosts", "--versions", "v=all", "--host", "web1", option]).json();
            for (name, value) in expected.as_object().unwrap() {
                assert_eq!(&ours[name], value, "{name} with {}", bin.display());
            }
        }
    }
}
