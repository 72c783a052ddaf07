//! For programs: `json` and `regal`.

use super::Export;
use crate::emit::{regal as iter_dict, report};
use crate::error::{Problem, Result};

/// The document of `plan --format json`.
pub(super) fn json(export: &Export<'_, '_>, _: &mut Vec<Problem>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    export.written(export.report.write(report::Format::Json, &mut out))?;
    Ok(out)
}

/// The shape of regal's `iter_dict()`; any host text will do.
pub(super) fn regal(export: &Export<'_, '_>, _: &mut Vec<Problem>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    export.written(iter_dict::write(export.plan(), &mut out))?;
    Ok(out)
}
