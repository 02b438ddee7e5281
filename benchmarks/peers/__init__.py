"""What others would have built, as small as it can be: each is a program of its own."""
