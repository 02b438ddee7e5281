"""The portal: one set of responsive pages for PC and phone; cookie session, XSRF always."""
