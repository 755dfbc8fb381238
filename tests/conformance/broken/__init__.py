"""Components that each break one promise, by kind: what the conformance kit must find.

Each module has `BROKEN`, from the name of a promise to functions of a task that make components
which break it, and most have `GOOD`, what they are variations of.
"""
