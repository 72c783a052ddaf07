//! Values that a script marks in JSON, where YAML has tags.

use super::Value;

impl<'a> Value<'a> {
    /// `{"__ansible_vault": "…"}` as a vault and `{"__ansible_unsafe": "…"}` as an unsafe string; other values as they are.
    pub fn untagged(self) -> Self {
        let Value::Map([entry]) = self else { return self };
        match (entry.key, entry.value) {
            ("__ansible_vault", Value::Str(text)) => Value::Vault(text),
            ("__ansible_unsafe", Value::Str(text)) => Value::Unsafe(text),
            _ => self,
        }
    }
}
