"""Files: what people send us, judged by content and kept sealed; who may read one is not decided here."""
