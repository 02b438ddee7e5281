"""Reports: read models across capabilities. They read; only audit is written."""
