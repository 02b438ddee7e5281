"""Tencent Cloud: E证通 face check, licence OCR, four factors and the business register."""
