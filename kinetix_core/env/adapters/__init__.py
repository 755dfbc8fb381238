"""The environment as other libraries know it: `gymnasium`, `gymnax` and `jaxued`.

Each submodule needs the optional extra of its name and says so where it is missing.
"""
