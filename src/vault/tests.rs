#![allow(clippy::unwrap_used)]
use super::*;

/// Made by `ansible-vault` of ansible-core 2.19.
const PLAIN: &str = include_str!("../../tests/fixtures/inventories/vault/group_vars/web.yml");
const WITH_ID: &str = include_str!("../../tests/fixtures/inventories/vault/host_vars/web2/secret.yml");
const PASSWORD: &[u8] = b"correct horse battery staple";

fn keyring(secrets: &[(&str, &[u8])]) -> Keyring {
    let mut keyring = Keyring::default();
    secrets.iter().for_each(|(id, password)| keyring.add(id, password.to_vec()));
    keyring
}

fn decrypt(secrets: &[(&str, &[u8])], file: &str) -> Result<String, Failure> {
    keyring(secrets).decrypt(file.as_bytes()).map(|text| String::from_utf8(text).unwrap())
}

fn damage(file: &str) -> &'static str {
    match decrypt(&[("default", PASSWORD)], file) {
        Err(Failure::Damaged(why)) => why,
        other => panic!("{file}: {other:?}"),
    }
}

#[test]
fn both_formats_are_read() {
    assert!(PLAIN.starts_with("$ANSIBLE_VAULT;1.1;AES256\n"));
    assert!(WITH_ID.starts_with("$ANSIBLE_VAULT;1.2;AES256;prod\n"));
    let text = "---\napp_version: shop-2.5.0\napi_token: \"s3cr3t: with a colon\"\nlimits: {cpu: 2, memory: 1_024}\n";
    assert_eq!(decrypt(&[("default", PASSWORD)], PLAIN).unwrap(), text);
    assert_eq!(decrypt(&[("default", PASSWORD)], &PLAIN.replace('\n', "\r\n")).unwrap(), text);
    assert_eq!(decrypt(&[("prod", PASSWORD)], WITH_ID).unwrap(), "api_token: its own\n");
}

#[test]
fn every_password_is_tried_and_the_one_of_the_id_first() {
    assert_eq!(decrypt(&[("dev", b"no"), ("test", PASSWORD)], WITH_ID).unwrap(), "api_token: its own\n");
    let mut keyring = keyring(&[("dev", b"no"), ("prod", PASSWORD)]);
    keyring.decrypt(WITH_ID.as_bytes()).unwrap();
    let tried: Vec<usize> = keyring.derived.keys().map(|(secret, _)| *secret).collect();
    assert_eq!(tried, [1]);
    keyring.decrypt(WITH_ID.as_bytes()).unwrap();
    assert_eq!(keyring.derived.len(), 1);
}

#[test]
fn a_wrong_password_says_so() {
    assert_eq!(decrypt(&[("default", b"no")], PLAIN), Err(Failure::WrongPassword { id: None }));
    assert_eq!(decrypt(&[("prod", b"no")], WITH_ID), Err(Failure::WrongPassword { id: Some("prod".to_string()) }));
}

#[test]
fn damaged_files() {
    assert!(!is_encrypted(b"---\n$ANSIBLE_VAULT;1.1;AES256\n"));
    let cut = |lines: usize| PLAIN.lines().take(lines).collect::<Vec<_>>().join("\n");
    assert_eq!(damage("$ANSIBLE_VAULT"), "its first line is not `$ANSIBLE_VAULT;VERSION;CIPHER`");
    assert_eq!(damage(&PLAIN.replace("AES256", "AES")), "its cipher is not AES256");
    assert_eq!(damage(&cut(1)), "it is not whole");
    assert_eq!(damage(&cut(2)), "it is not whole");
    assert_eq!(damage(&PLAIN[..PLAIN.len() - 2]), "it has an odd number of hexadecimal digits");
    assert_eq!(damage(&PLAIN[..PLAIN.len() - 3]), "it has an odd number of hexadecimal digits");
    assert_eq!(damage(&PLAIN.replacen("\n6", "\nx", 1)), "something in it is not a hexadecimal digit");
    assert_eq!(damage(&PLAIN.replacen('\n', " \n", 2)), "it has an odd number of hexadecimal digits");
}

/// A change that leaves the form whole is found by the HMAC.
#[test]
fn changed_data_is_as_good_as_a_wrong_password() {
    let (before, last) = PLAIN.trim_end().split_at(PLAIN.trim_end().len() - 1);
    let changed = format!("{before}{}\n", if last == "5" { "6" } else { "5" });
    assert_eq!(decrypt(&[("default", PASSWORD)], &changed), Err(Failure::WrongPassword { id: None }));
}
