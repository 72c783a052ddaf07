//! Settings by which a master keeps something elsewhere, so that the local files are old ones or none.

use super::files::Settings;
use crate::error::{Code, Problem};
use crate::source::Reading;
use crate::source::salt::{Gathered, Part};
use crate::value::{Entry, Value};

/// A setting that makes local files irrelevant.
struct Elsewhere {
    key: &'static str,
    /// Whether this value does.
    is: fn(Value<'_>) -> bool,
    /// What it means, for a message.
    what: &'static str,
    /// What it stands in the way of, and what to name instead.
    of: Of,
}

/// What is kept elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// Grains and pillar.
    Data,
    /// Keys.
    Keys,
}

impl Of {
    fn parts(self) -> &'static [Part] {
        match self {
            Of::Data => &[Part::Cache, Part::Grains, Part::Pillar],
            Of::Keys => &[Part::Keys],
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Of::Data => {
                "save what salt '*' grains.items --out=json --static prints, and name it too: \
                 `salt: {config: …, grains: FILE}`; or leave `config` out and name the parts that there are"
            }
            Of::Keys => "save what salt-key -L --out=json prints, and name it too: `salt: {config: …, keys: FILE}`",
        }
    }
}

const SETTINGS: [Elsewhere; 4] = [
    Elsewhere {
        key: "cache",
        is: |value| !is_one_of(value, &["localfs"]),
        what: "grains and pillar are not in local files",
        of: Of::Data,
    },
    Elsewhere {
        key: "minion_data_cache",
        is: |value| matches!(value, Value::Bool(false, _) | Value::Null) || value.text() == Some("0"),
        what: "the master keeps no grains and no pillar",
        of: Of::Data,
    },
    Elsewhere {
        key: "pillar.cache_driver",
        is: |value| value != Value::Null && !is_one_of(value, &["localfs"]),
        what: "pillar is not in local files",
        of: Of::Data,
    },
    Elsewhere {
        key: "keys.cache_driver",
        is: |value| !is_one_of(value, &["localfs_key"]),
        what: "keys are not in local files",
        of: Of::Keys,
    },
];

fn is_one_of(value: Value<'_>, words: &[&str]) -> bool {
    value.text().is_some_and(|text| words.contains(&text))
}

/// Whether local files say what there is. If a setting says otherwise, that is an error unless another part gives it.
pub(super) fn is_local<'a>(
    reading: &mut Reading<'_, 'a>,
    gathered: &Gathered<'a>,
    settings: &Settings<'a>,
    of: Of,
) -> bool {
    let apart =
        |setting: &&Elsewhere| setting.of == of && settings.get(setting.key).is_some_and(|e| (setting.is)(e.value));
    let Some(setting) = SETTINGS.iter().find(apart) else { return true };
    let Some(Entry { value, at, .. }) = settings.get(setting.key) else { return true };
    if !of.parts().iter().any(|part| gathered.named.contains(part)) {
        let shown = value.text().unwrap_or(value.type_name());
        let message = format!("`{}: {shown}`: {}", setting.key, setting.what);
        reading.push(Problem::of(Code::InvalidSalt, message).at(reading.texts.locate(at)).hint(of.hint()));
    }
    false
}
