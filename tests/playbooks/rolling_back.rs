//! rolling_back
