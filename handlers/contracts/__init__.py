"""The API's part of the route table, a capability a module: what a method takes, gives, refuses with."""
