"""One rule a module. A rule knows the rules below it and no handler."""
