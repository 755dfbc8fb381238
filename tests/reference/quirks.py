"""Names of the oddities of the published system (physics specification, section 9).

Functions of the reference take a set of these names. With `ALL` they do what the published
system does; without a name that one behaviour becomes the alternative a reader would expect,
so that a test can show that an engine really has the oddity.
"""

# 1: without it the inertia of a disc is m r^2 / 2.
CIRCLE_INERTIA_HALVED = "circle_inertia_halved"
# 2: without it the centre of a polygon is that of its area.
CENTRE_IS_VERTEX_MEAN = "centre_is_vertex_mean"
# 3: without it the shift of the position is rotated into the world.
CENTRE_SHIFT_UNROTATED = "centre_shift_unrotated"
# 4: without it the successor of a triangle's last vertex is its first.
TRIANGLE_INERTIA_WRAPS_PADDING = "triangle_inertia_wraps_padding"
# 5: without it pairs that the joint filter excludes, or of two fixated bodies, never touch.
TOUCHING_IGNORES_FILTER = "touching_ignores_filter"
# 6: without it the depth is the radius plus the distance to the surface.
INSIDE_DEPTH_IS_RADIUS = "inside_depth_is_radius"
# 7: without it the incident segment is clipped, so the depth of a moved point is recomputed.
CLAMP_NOT_CLIP = "clamp_not_clip"
# 7: without it each point has the depth at which it lies inside the reference polygon.
COMMON_DEPTH = "common_depth"
# 7: without it both points are active whenever the polygons touch.
SECOND_POINT_NEEDS_BOTH_INSIDE = "second_point_needs_both_inside"
# 8: without it the polygon with the larger separation is the reference, by however little.
FIRST_POLYGON_PREFERRED = "first_polygon_preferred"
# 9: without it a contact point inherits the impulses of the nearest old point of its pair.
WARM_START_BY_SLOT = "warm_start_by_slot"
# 10: without it the effective mass is that along the impulse, gap term included.
JOINT_MASS_ALONG_VELOCITY = "joint_mass_along_velocity"
# 10: without it the joint impulse is applied in full.
JOINT_STIFFNESS = "joint_stiffness"
# 11: without it contacts keep the positions at which they were found.
JOINTS_MOVE_CONTACTS = "joints_move_contacts"
# 12: without it the limit impulse also acts on a joint that is already returning.
LIMIT_ONLY_OUTWARD = "limit_only_outward"
# 12: without it the fading compares with the sign of the speed the motor aims at.
MOTOR_FADE_BY_ACTION_SIGN = "motor_fade_by_action_sign"
# 13: without it padding of a solver batch writes nothing.
PADDING_ZEROES_LAST_ROW = "padding_zeroes_last_row"
# 14: without it inactive bodies stay as they are.
INACTIVE_BODIES_MOVE = "inactive_bodies_move"
# 15: without it a joint that can't be resolved keeps its impulses and its cached position.
UNRESOLVABLE_JOINTS_FORGET = "unresolvable_joints_forget"
# 16: without it friction combines by the geometric mean.
FRICTION_ROOT_SUM_SQUARES = "friction_root_sum_squares"
# 17: without it restitution combines by the maximum.
RESTITUTION_MINIMUM = "restitution_minimum"
# 18: without it the ceiling of a fresh world is a rectangle.
CEILING_VERTEX = "ceiling_vertex"

MASS_QUIRKS = frozenset(
    {
        CIRCLE_INERTIA_HALVED,
        CENTRE_IS_VERTEX_MEAN,
        CENTRE_SHIFT_UNROTATED,
        TRIANGLE_INERTIA_WRAPS_PADDING,
    }
)
STEP_QUIRKS = frozenset(
    {
        TOUCHING_IGNORES_FILTER,
        INSIDE_DEPTH_IS_RADIUS,
        CLAMP_NOT_CLIP,
        COMMON_DEPTH,
        SECOND_POINT_NEEDS_BOTH_INSIDE,
        FIRST_POLYGON_PREFERRED,
        WARM_START_BY_SLOT,
        JOINT_MASS_ALONG_VELOCITY,
        JOINT_STIFFNESS,
        JOINTS_MOVE_CONTACTS,
        LIMIT_ONLY_OUTWARD,
        MOTOR_FADE_BY_ACTION_SIGN,
        PADDING_ZEROES_LAST_ROW,
        INACTIVE_BODIES_MOVE,
        UNRESOLVABLE_JOINTS_FORGET,
        FRICTION_ROOT_SUM_SQUARES,
        RESTITUTION_MINIMUM,
    }
)
ALL = MASS_QUIRKS | STEP_QUIRKS | {CEILING_VERTEX}
