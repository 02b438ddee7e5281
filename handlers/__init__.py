"""The doors: JSON API, portal, console and callbacks. They read a form, call a service, reply."""
