"""Aliyun: short messages."""
