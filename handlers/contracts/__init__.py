"""The API's part of the route table, a capability a module: what each method takes, gives and refuses with."""
