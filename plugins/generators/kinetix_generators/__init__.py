"""Built-in level generators and levels. This module holds hooks only: every command imports it."""

from kinetix_core.lazy import lazy_exports
from kinetix_core.registry import Component, hookimpl

_GENERATORS = (
    (
        "random",
        "_random_config:RandomConfig",
        "_random:from_config",
        "new levels without end, with the published distribution",
    ),
    (
        "random_all",
        "_config:RandomAllConfig",
        "_mixture:random_all",
        "levels of `random` in sizes s, m and l, padded to the run's size",
    ),
    (
        "mixture",
        "_config:MixtureConfig",
        "_mixture:mixture",
        "each level from one of several generators, by weight",
    ),
    (
        "locomotion",
        "_locomotion_config:LocomotionConfig",
        "_locomotion:from_config",
        "two-legged walkers of many proportions, and a goal to reach; size l",
    ),
    (
        "handmade",
        "_config:HandmadeConfig",
        "_files:handmade",
        "our own levels, those that fit the run's size",
    ),
    ("empty", "_config:EmptyConfig", "_empty:from_config", "the empty room"),
)
"""Name, config, factory and summary."""
_MUTATIONS = (
    ("add_shape", "ShapeEditConfig", "_mutations_add:AddShape", "a new shape anywhere"),
    ("add_joined_shape", "ShapeEditConfig", "_mutations_add:AddJoinedShape", "one with a joint"),
    ("add_thruster", "ShapeEditConfig", "_mutations_add:AddThruster", "a new thruster"),
    ("change_size", "ShapeEditConfig", "_mutations_add:ChangeSize", "a shape's size"),
    ("change_position", "PositionConfig", "_mutations:ChangePosition", "where a shape is"),
    ("change_rotation", "RotationConfig", "_mutations:ChangeRotation", "how a shape is turned"),
    ("change_gravity", "GravityConfig", "_mutations:ChangeGravity", "less gravity"),
    ("swap_roles", "EditConfig", "_mutations:SwapRoles", "two shapes exchange their roles"),
    ("toggle_fixation", "RareEditConfig", "_mutations:ToggleFixation", "fixated, or movable"),
    ("remove_joint", "UnusedEditConfig", "_mutations:RemoveJoint", "one joint less"),
    ("remove_shape", "UnusedEditConfig", "_mutations:RemoveShape", "one shape less"),
    ("remove_thruster", "EditConfig", "_mutations:RemoveThruster", "one thruster less"),
)


@hookimpl
def kinetix_components():
    """What this package offers."""
    for name, config, factory, summary in _GENERATORS:
        yield Component(
            "generator",
            name,
            config=f"kinetix_generators.{config}",
            factory=f"kinetix_generators.{factory}",
            summary=summary,
        )
    for name, config, factory, summary in _MUTATIONS:
        yield Component(
            "mutation",
            name,
            config=f"kinetix_generators._mutation_config:{config}",
            factory=f"kinetix_generators.{factory}",
            summary=summary,
        )
    yield Component(
        "generator",
        "files",
        config="kinetix_generators._config:FilesConfig",
        factory="kinetix_generators._files:from_files",
        summary="level files, folders and sets, drawn uniformly with replacement",
    )
    yield Component(
        "level_set",
        "random",
        config="kinetix_generators._random_set:RandomSetConfig",
        factory="kinetix_generators._random_set:RandomSet",
        summary="512 levels per size of generator=random, filtered, from a fixed seed",
    )


@hookimpl
def kinetix_level_sets():
    """Our own levels, and the published ones, which `kinetix levels fetch` brings."""
    return {
        "handmade": "pkg://kinetix_generators/levels",
        "published": "cache://levels/published",
    }


__getattr__, _ = lazy_exports(
    __name__,
    {
        "Empty": "._empty",
        "EmptyConfig": "._config",
        "Files": "._files",
        "FilesConfig": "._config",
        "HANDMADE": ".handmade",
        "HandmadeConfig": "._config",
        "Locomotion": "._locomotion",
        "LocomotionConfig": "._locomotion_config",
        "Mixture": "._mixture",
        "MixtureConfig": "._config",
        "Random": "._random",
        "RandomAllConfig": "._config",
        "RandomConfig": "._random_config",
        "ShapesConfig": "._random_config",
    },
)
