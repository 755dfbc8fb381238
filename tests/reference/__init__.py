"""A plain, slow reading of the physics and environment specifications: the oracle of the tests.

One scene at a time, in NumPy, in the order and with the names of the specification. The precision
is that of the state's arrays: float32, or float64 after `astype(state, np.float64)`.
"""

from tests.reference import quirks
from tests.reference.contacts import Contact, Contacts
from tests.reference.environment import (
    EnvironmentState,
    Evaluation,
    StepResult,
    Touching,
    control_vector,
    decode_continuous,
    decode_discrete,
    decode_multi_discrete,
    environment_from_golden,
    environment_step,
    evaluate,
    touching_flags,
)
from tests.reference.mass import (
    centre_polygon,
    circle_inertia,
    circle_mass,
    empty_world,
    polygon_centre,
    polygon_inertia,
    polygon_mass,
    recalculate,
)
from tests.reference.pairs import (
    body_pairs,
    circle_pairs,
    circle_polygon_pairs,
    collision_matrix,
    modes_ok,
    polygon_pairs,
    solver_batches,
)
from tests.reference.quirks import ALL, STEP_QUIRKS
from tests.reference.random_state import (
    STEP_TOLERANCE,
    random_case,
    random_controls,
    random_roles,
    random_state,
)
from tests.reference.state import (
    Body,
    Joint,
    Memories,
    Memory,
    Params,
    State,
    Thruster,
    astype,
    from_golden,
    to_golden,
)
from tests.reference.step import step

__all__ = [
    "ALL",
    "STEP_QUIRKS",
    "STEP_TOLERANCE",
    "Body",
    "Contact",
    "Contacts",
    "EnvironmentState",
    "Evaluation",
    "Joint",
    "Memories",
    "Memory",
    "Params",
    "State",
    "StepResult",
    "Thruster",
    "Touching",
    "astype",
    "body_pairs",
    "centre_polygon",
    "circle_inertia",
    "circle_mass",
    "circle_pairs",
    "circle_polygon_pairs",
    "collision_matrix",
    "control_vector",
    "decode_continuous",
    "decode_discrete",
    "decode_multi_discrete",
    "empty_world",
    "environment_from_golden",
    "environment_step",
    "evaluate",
    "from_golden",
    "modes_ok",
    "polygon_centre",
    "polygon_inertia",
    "polygon_mass",
    "polygon_pairs",
    "quirks",
    "random_case",
    "random_controls",
    "random_roles",
    "random_state",
    "recalculate",
    "solver_batches",
    "step",
    "to_golden",
    "touching_flags",
]
