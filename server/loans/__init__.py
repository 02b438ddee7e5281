"""Credit and loans: what an institution grants and pays out, shared by applications and demands."""
