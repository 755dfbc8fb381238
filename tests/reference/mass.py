"""Mass, inertia, centre of mass and the empty world (physics specification, 3 and 7)."""

import copy

import numpy as np

from tests.reference import quirks as q
from tests.reference.algebra import cross, dot, norm, nz, rotate
from tests.reference.pairs import collision_matrix
from tests.reference.state import Body, Joint, State, Thruster, empty_memories


def circle_mass(radius, density):
    return radius**2 * np.pi * density


def circle_inertia(radius, density, quirks=q.ALL):
    divisor = 4 if q.CIRCLE_INERTIA_HALVED in quirks else 2
    return np.pi * radius**4 / divisor * density


def triangle_areas(vertices, n_vertices: int):
    """Areas of the fan of triangles around the first vertex."""
    areas = []
    for i in range(n_vertices - 2):
        base, arm = vertices[i + 1] - vertices[0], vertices[i + 2] - vertices[0]
        width = norm(base)
        along = base / nz(width)
        height = norm(arm - dot(arm, along) * along)
        areas.append(width * height / 2)
    return np.array(areas, vertices.dtype)


def polygon_mass(vertices, n_vertices: int, density):
    return triangle_areas(vertices, n_vertices).sum() * density


def polygon_centre(vertices, n_vertices: int, quirks=q.ALL):
    """(2,): centre of mass in the frame of the vertices."""
    if q.CENTRE_IS_VERTEX_MEAN in quirks:
        return vertices[:n_vertices].mean(axis=0)
    areas = triangle_areas(vertices, n_vertices)
    triangles = [vertices[[0, i + 1, i + 2]].mean(axis=0) for i in range(n_vertices - 2)]
    return (areas[:, None] * np.stack(triangles)).sum(axis=0) / nz(areas.sum())


def centre_polygon(position, rotation, vertices, n_vertices: int, quirks=q.ALL):
    """Position and vertices after the origin of the body frame has moved to the centre."""
    centre = polygon_centre(vertices, n_vertices, quirks)
    shift = centre if q.CENTRE_SHIFT_UNROTATED in quirks else rotate(rotation, centre)
    return position + shift, vertices - centre


def polygon_inertia(vertices, n_vertices: int, density, quirks=q.ALL):
    """Moment of inertia about the origin of the frame of the vertices."""
    wrap = len(vertices) if q.TRIANGLE_INERTIA_WRAPS_PADDING in quirks else n_vertices
    total = vertices.dtype.type(0)
    for i in range(n_vertices):
        p, v = vertices[(i + 1) % wrap], vertices[i]
        total += abs((0.25 * cross(p, v) / 3) * (dot(p, p) + dot(v, p) + dot(v, v)))
    return total * density


def recalculate(state: State, polygon_densities, circle_densities, quirks=q.ALL) -> State:
    """Masses, inertias and centres of a whole state; fixated bodies stay fixated."""
    state = copy.deepcopy(state)
    polygon, circle = state.polygon, state.circle
    for i, density in enumerate(polygon_densities):
        count = polygon.n_vertices[i]
        if polygon.inverse_mass[i] != 0:
            mass = polygon_mass(polygon.vertices[i], count, density)
            polygon.inverse_mass[i] = 1 / nz(mass)
            polygon.position[i], polygon.vertices[i] = centre_polygon(
                polygon.position[i], polygon.rotation[i], polygon.vertices[i], count, quirks
            )
        if polygon.inverse_inertia[i] != 0:
            inertia = polygon_inertia(polygon.vertices[i], count, density, quirks)
            polygon.inverse_inertia[i] = 1 / nz(inertia)
    for k, density in enumerate(circle_densities):
        if circle.inverse_mass[k] != 0:
            circle.inverse_mass[k] = 1 / nz(circle_mass(circle.radius[k], density))
            circle.inverse_inertia[k] = 1 / nz(circle_inertia(circle.radius[k], density, quirks))
    return state


def empty_bodies(n: int, n_vertices: int) -> Body:
    zeros = np.zeros(n, np.float32)
    return Body(
        position=np.zeros((n, 2), np.float32),
        rotation=zeros.copy(),
        velocity=np.zeros((n, 2), np.float32),
        angular_velocity=zeros.copy(),
        inverse_mass=zeros.copy(),
        inverse_inertia=zeros.copy(),
        friction=np.ones(n, np.float32),
        restitution=zeros.copy(),
        collision_mode=np.ones(n, np.int32),
        active=np.zeros(n, bool),
        n_vertices=np.full(n, n_vertices, np.int32),
        vertices=np.zeros((n, 4, 2), np.float32),
        radius=zeros.copy(),
    )


def _empty_joints(J: int) -> Joint:
    kinds = {"a_index": np.int32, "b_index": np.int32}
    for name in ("active", "motor_on", "motor_has_joint_limits", "is_fixed_joint"):
        kinds[name] = bool
    pairs = ("a_relative_pos", "b_relative_pos", "global_position", "acc_impulse")
    fields = {
        name: np.zeros((J, 2) if name in pairs else J, kinds.get(name, np.float32))
        for name in Joint.__dataclass_fields__
    }
    fields["global_position"][:] = 256
    return Joint(**fields)


def _empty_thrusters(T: int) -> Thruster:
    return Thruster(
        object_index=np.zeros(T, np.int32),
        relative_position=np.zeros((T, 2), np.float32),
        rotation=np.zeros(T, np.float32),
        power=np.zeros(T, np.float32),
        global_position=np.zeros((T, 2), np.float32),
        active=np.zeros(T, bool),
    )


def empty_world(P: int, C: int, J: int, T: int, quirks=q.ALL) -> State:
    """The empty room of 5 x 5 m of section 7."""
    polygon, joint = empty_bodies(P, 4), _empty_joints(J)
    polygon.active[:4] = True
    polygon.collision_mode[:4] = 2
    polygon.position[:4] = [(2.5, -4.8), (0, 0), (0, 0), (2.5, 10.2)]
    corner = 5 if q.CEILING_VERTEX in quirks else 2.5
    polygon.vertices[:4] = [
        [(2.5, 5.2), (2.5, -5.2), (-2.5, -5.2), (-2.5, 5.2)],
        [(-5, 5), (0, 5), (0, 0), (-5, 0)],
        [(5, 5), (10, 5), (10, 0), (5, 0)],
        [(corner, 5.2), (2.5, -5.2), (-2.5, -5.2), (-2.5, 5.2)],
    ]
    return State(
        polygon=polygon,
        circle=empty_bodies(C, 0),
        joint=joint,
        thruster=_empty_thrusters(T),
        collision_matrix=collision_matrix(joint.a_index, joint.b_index, joint.active, P + C),
        memory=empty_memories(P, C),
        gravity=np.array([0, -9.81], np.float32),
    )
