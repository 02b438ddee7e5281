"""The JSON API under /api/v1: bearer tokens only; forms, answers and refusals make the OpenAPI document."""
