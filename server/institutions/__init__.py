"""Institutions: the banks, guarantors and lenders on the platform, their branches and where these serve."""
