"""The console of platform and institution staff, under /console."""
