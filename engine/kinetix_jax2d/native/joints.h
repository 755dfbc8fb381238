// Joints: spec/physics.md 6.5 and 6.6a. A block holds the r-th resolvable joint of up to LANES
// scenes, so its joints share no body, and the joints of one scene are solved one after another.
#pragma once

#include "boundary.h"
#include "shapes.h"

namespace kinetix {

// Whether a joint can act: in use, both bodies in use, not both fixated.
INLINE bool is_resolvable(const Chunk& chunk, int scene, int32_t word) {
  int a = body_in_reach(field(word, 0), chunk.sizes.bodies);
  int b = body_in_reach(field(word, 1), chunk.sizes.bodies);
  const BodyBits &of_a = chunk.bits_of_scene(scene, a), &of_b = chunk.bits_of_scene(scene, b);
  uint64_t good = of_a.active & of_b.active & ~(of_a.fixated & of_b.fixated);
  return (word & JOINT_ACTIVE) && (good >> (scene & 63) & 1);
}

INLINE void load_joint(Chunk& chunk, JointBlock& block, int lane, int scene, int joint) {
  const Plan& plan = chunk.plan;
  const Rows& rows = chunk.rows[scene];
  int32_t word = rows.integers[plan.joint_words + joint];
  int a = body_in_reach(field(word, 0), chunk.sizes.bodies);
  int b = body_in_reach(field(word, 1), chunk.sizes.bodies);
  block.a[lane] = chunk.body(scene, a);
  block.b[lane] = chunk.body(scene, b);
  block.reflexive |= a == b;
  block.scene[lane] = scene;
  block.joint[lane] = joint;
  block.constant[lane] = sizeof(float) * (scene * plan.constant_size + JOINT_FLOATS * joint);
  block.moving[lane] = sizeof(float) * (scene * plan.moving_size + JOINT_STATE_FLOATS * joint);
  block.fixed[lane] = word & JOINT_FIXED ? -1 : 0;
  block.motor[lane] = word & JOINT_MOTOR ? -1 : 0;
  block.limits[lane] = word & JOINT_LIMITS ? -1 : 0;
  block.control[lane] = rows.controls[joint];
  BodyBits &of_a = chunk.bits_of_scene(scene, a), &of_b = chunk.bits_of_scene(scene, b);
  uint64_t bit = (uint64_t)1 << (scene & 63);
  of_a.jointed |= bit & ~of_a.fixated;
  of_b.jointed |= bit & ~of_b.fixated;
}

// Settings and accumulated impulses of a block's joints.
INLINE void load_joint_block(const Chunk& chunk, JointBlock& block) {
  const float* settings = chunk.rows[0].constant + chunk.plan.joint_settings;
  vec a[4], b[4];
  gather(settings, block.constant, a);
  block.local_ax = a[0], block.local_ay = a[1], block.local_bx = a[2], block.local_by = a[3];
  gather(settings + 4, block.constant, a);
  block.speed = a[0];
  gather(settings + 5, block.constant, a);
  block.power = a[0], block.minimum = a[1], block.maximum = a[2], block.rest_angle = a[3];
  gather(chunk.rows[0].moving + chunk.plan.joint_state, block.moving, a);
  block.impulse_x = a[0], block.impulse_y = a[1], block.impulse_angular = a[2];
  gather(chunk.mass, block.a, a);
  gather(chunk.mass, block.b, b);
  block.mass_a = a[0], block.mass_b = b[0];
  block.inertia_a = a[2], block.inertia_b = b[2];
  block.mass_sum = nonzero(a[0] + b[0]);
  block.inverse_mass_sum = 1.0f / block.mass_sum;
  block.inverse_inertia_sum = 1.0f / nonzero(a[2] + b[2]);
  block.anchor_weight = a[0] * block.inverse_mass_sum;
}

INLINE JointBlock& new_joint_block(Chunk& chunk, int scene) {
  JointBlock& block = chunk.joint_blocks[chunk.joint_block_count++];
  const Plan& plan = chunk.plan;
  block.reflexive = 0;
  block.fixed = block.motor = block.limits = isplat(0);
  block.control = splat(0);
  for (int lane = 0; lane < LANES; ++lane) {
    block.a[lane] = block.b[lane] = chunk.idle_body;
    block.constant[lane] = sizeof(float) * scene * plan.constant_size;  // any joint will do
    block.moving[lane] = sizeof(float) * scene * plan.moving_size;
  }
  return block;
}

// Lists the resolvable joints: the first one of each scene, then the second ones, and so on. The
// others lose their impulses and their cached anchor, as in the published engine.
inline void list_joints(Chunk& chunk) {
  const Plan plan = chunk.plan;
  const Rows* rows = chunk.rows;
  const int scenes = chunk.scenes;
  int32_t *counts = chunk.joint_counts, *list = chunk.joint_list;
  memset(counts, 0, sizeof(int32_t) * plan.joints);
  for (int scene = 0; scene < scenes; ++scene) {
    int rank = 0;
    for (int joint = 0; joint < plan.joints; ++joint) {
      if (is_resolvable(chunk, scene, rows[scene].integers[plan.joint_words + joint])) {
        list[rank * scenes + counts[rank]++] = scene << 16 | joint;
        ++rank;
      } else {
        float* state = rows[scene].moving + plan.joint_state + JOINT_STATE_FLOATS * joint;
        store_quad(state, quad{});
        state[4] = 0.0f;
      }
    }
  }
}

// Deals the resolvable joints out to blocks.
inline void load_joints(Chunk& chunk) {
  chunk.joint_block_count = 0;
  list_joints(chunk);
  for (int rank = 0; rank < chunk.sizes.joints; ++rank) {
    const int32_t* list = chunk.joint_list + rank * chunk.scenes;
    for (int i = 0; i < chunk.joint_counts[rank]; i += LANES) {
      JointBlock& block = new_joint_block(chunk, list[i] >> 16);
      int left = chunk.joint_counts[rank] - i;
      block.count = left < LANES ? left : LANES;
      for (int lane = 0; lane < block.count; ++lane)
        load_joint(chunk, block, lane, list[i + lane] >> 16, list[i + lane] & 0xffff);
      load_joint_block(chunk, block);
    }
  }
}

// Arms, and how far the angle is off: the same in all iterations, because they leave angles alone.
inline void prepare_joints(Chunk& chunk) {
  const Parameters& parameters = chunk.parameters;
  for (int i = 0; i < chunk.joint_block_count; ++i) {
    JointBlock& block = chunk.joint_blocks[i];
    vec a[4], b[4];
    gather(chunk.pose, block.a, a);
    gather(chunk.pose, block.b, b);
    Point arm = rotate(a[2], a[3], block.local_ax, block.local_ay);
    block.arm_ax = arm.x, block.arm_ay = arm.y;
    arm = rotate(b[2], b[3], block.local_bx, block.local_by);
    block.arm_bx = arm.x, block.arm_by = arm.y;
    gather(chunk.place, block.a, a);
    gather(chunk.place, block.b, b);
    vec angle = b[2] - a[2] - block.rest_angle;
    vec target = clamp(angle, block.minimum, block.maximum);
    block.pulls = block.fixed | (block.limits & (angle != target));
    block.angle_bias = block.fixed ? angle * parameters.baumgarte_fixed_joint
                                   : (angle - target) * parameters.baumgarte_joint_limit;
    block.relative_angle = angle;
    if (!chunk.plan.warm_starting)
      block.impulse_x = block.impulse_y = block.impulse_angular = splat(0);
  }
}

INLINE void add_to_joint_bodies(Chunk& chunk, const JointBlock& block, const quad* to_a,
                                const quad* to_b) {
  for (int lane = 0; lane < block.count; ++lane) {
    quad_at(chunk.velocity, block.a[lane]) += to_a[lane];
    quad_at(chunk.velocity, block.b[lane]) += to_b[lane];
  }
}

inline void warm_start_joints(Chunk& chunk) {
  alignas(64) quad to_a[LANES], to_b[LANES];
  for (int i = 0; i < chunk.joint_block_count; ++i) {
    const JointBlock& block = chunk.joint_blocks[i];
    vec x = block.impulse_x, y = block.impulse_y, r = block.impulse_angular;
    scatter(x * block.mass_a, y * block.mass_a,
            block.inertia_a * (cross(block.arm_ax, block.arm_ay, x, y) + r), splat(0), to_a);
    scatter(-x * block.mass_b, -y * block.mass_b,
            -block.inertia_b * (cross(block.arm_bx, block.arm_by, x, y) + r), splat(0), to_b);
    add_to_joint_bodies(chunk, block, to_a, to_b);
  }
}

// Impulse that holds a fixed joint's angle, or a limit while the joint still moves outward.
INLINE vec angular_impulse(const JointBlock& block, vec relative_velocity) {
  vec bias = block.angle_bias;
  ivec outward = ((relative_velocity > 0.0f) & (bias > 0.0f)) |
                 ((relative_velocity < 0.0f) & (bias < 0.0f));
  ivec acts = block.pulls & (block.fixed | outward);
  vec impulse = (relative_velocity + bias) * block.inverse_inertia_sum;
  return acts ? impulse : splat(0);
}

INLINE ivec same_body(const JointBlock& block) {
  ivec a, b;
  memcpy(&a, block.a, sizeof a);
  memcpy(&b, block.b, sizeof b);
  return a == b;
}

INLINE void solve_joint_block(Chunk& chunk, JointBlock& block) {
  const Parameters& parameters = chunk.parameters;
  Point place_a = gather_two(chunk.place, block.a), place_b = gather_two(chunk.place, block.b);
  vec va[4], vb[4];
  gather(chunk.velocity, block.a, va);
  gather(chunk.velocity, block.b, vb);

  vec end_ax = place_a.x + block.arm_ax, end_ay = place_a.y + block.arm_ay;
  vec gap_x = place_b.x + block.arm_bx - end_ax, gap_y = place_b.y + block.arm_by - end_ay;
  // The anchor lies between the two ends, nearer to that of the heavier body.
  block.anchor_x = fma(block.anchor_weight, gap_x, end_ax);
  block.anchor_y = fma(block.anchor_weight, gap_y, end_ay);
  vec rx = fma(vb[2], place_b.y - block.anchor_y, vb[0]) -
           fma(va[2], place_a.y - block.anchor_y, va[0]);
  vec ry = fma(vb[2], block.anchor_x - place_b.x, vb[1]) -
           fma(va[2], block.anchor_x - place_a.x, va[1]);

  // The effective mass is that along the relative velocity r, 1 / (m + (cross(arm, r)^2 I) / r^2),
  // although the impulse also closes the gap.
  vec square = dot(rx, ry, rx, ry);
  vec lever_a = cross(block.arm_ax, block.arm_ay, rx, ry);
  vec lever_b = cross(block.arm_bx, block.arm_by, rx, ry);
  vec turning = fma(lever_a * lever_a, block.inertia_a, lever_b * lever_b * block.inertia_b);
  vec mass = square == 0.0f ? block.inverse_mass_sum
                            : square / nonzero(fma(block.mass_sum, square, turning));
  vec scale = mass * parameters.joint_stiffness;
  vec x = fma(splat(parameters.baumgarte_joints_v), gap_x, rx) * scale;
  vec y = fma(splat(parameters.baumgarte_joints_v), gap_y, ry) * scale;

  vec turn_a = cross(block.arm_ax, block.arm_ay, x, y) * block.inertia_a;
  vec turn_b = -cross(block.arm_bx, block.arm_by, x, y) * block.inertia_b;
  vec angular = angular_impulse(block, (vb[2] + turn_b) - (va[2] + turn_a));
  turn_a = fma(angular, block.inertia_a, turn_a);
  turn_b = fma(-angular, block.inertia_b, turn_b);
  block.impulse_x += x;
  block.impulse_y += y;
  block.impulse_angular = block.fixed ? block.impulse_angular + angular : splat(0);

  vec push_a = x * block.mass_a, lift_a = y * block.mass_a;
  vec push_b = -x * block.mass_b, lift_b = -y * block.mass_b;
  vec step = block.inverse_mass_sum * parameters.baumgarte_joints_p;
  vec move_ax = gap_x * (step * block.mass_a), move_ay = gap_y * (step * block.mass_a);
  vec move_bx = gap_x * (-step * block.mass_b), move_by = gap_y * (-step * block.mass_b);
  if (block.reflexive) {
    ivec same = same_body(block);  // the joint's only body is written last, with both changes
    push_b += same ? push_a : splat(0), lift_b += same ? lift_a : splat(0);
    turn_b += same ? turn_a : splat(0);
    move_bx += same ? move_ax : splat(0), move_by += same ? move_ay : splat(0);
  }
  scatter_to(va[0] + push_a, va[1] + lift_a, va[2] + turn_a, va[3], chunk.velocity, block.a);
  scatter_to(vb[0] + push_b, vb[1] + lift_b, vb[2] + turn_b, vb[3], chunk.velocity, block.b);
  scatter_two_to({place_a.x + move_ax, place_a.y + move_ay}, chunk.place, block.a);
  scatter_two_to({place_b.x + move_bx, place_b.y + move_by}, chunk.place, block.b);
}

inline void solve_joints(Chunk& chunk) {
  for (int i = 0; i < chunk.joint_block_count; ++i) solve_joint_block(chunk, chunk.joint_blocks[i]);
}

inline void store_joints(Chunk& chunk) {
  for (int i = 0; i < chunk.joint_block_count; ++i) {
    const JointBlock& block = chunk.joint_blocks[i];
    for (int lane = 0; lane < block.count; ++lane) {
      float* state = chunk.rows[block.scene[lane]].moving + chunk.plan.joint_state +
                     JOINT_STATE_FLOATS * block.joint[lane];
      const vec* fields[] = {&block.impulse_x, &block.impulse_y, &block.impulse_angular,
                             &block.anchor_x, &block.anchor_y};
      for (int k = 0; k < JOINT_STATE_FLOATS; ++k) state[k] = (*fields[k])[lane];
    }
  }
}

}  // namespace kinetix
