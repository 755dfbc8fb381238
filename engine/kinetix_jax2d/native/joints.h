// Joints: spec/physics.md 6.5 and 6.6a. A block holds the r-th resolvable joint of up to LANES
// scenes, so its joints share no body, and the joints of one scene are solved one after another.
#pragma once

#include "shapes.h"

namespace kinetix {

INLINE int body_in_reach(int index, int bodies) {
  return index < 0 ? 0 : index >= bodies ? bodies - 1 : index;
}

// Whether a joint can act: in use, both bodies in use, not both fixated.
INLINE bool is_resolvable(const Chunk& chunk, const Rows& rows, int scene, int32_t word) {
  int a = body_in_reach(field(word, 0), chunk.sizes.bodies);
  int b = body_in_reach(field(word, 1), chunk.sizes.bodies);
  const int32_t* words = rows.integers + chunk.plan.body_words;
  return (word & JOINT_ACTIVE) && (words[a] & words[b] & BODY_ACTIVE) &&
         (chunk.mass[chunk.body(scene, a)][0] != 0.0f ||
          chunk.mass[chunk.body(scene, b)][0] != 0.0f);
}

INLINE void load_joint(Chunk& chunk, JointBlock& block, int lane, int scene, int joint) {
  const Plan& plan = chunk.plan;
  const Rows& rows = chunk.rows[scene];
  int32_t word = rows.integers[plan.joint_words + joint];
  int a = chunk.body(scene, body_in_reach(field(word, 0), chunk.sizes.bodies));
  int b = chunk.body(scene, body_in_reach(field(word, 1), chunk.sizes.bodies));
  block.a[lane] = a;
  block.b[lane] = b;
  block.scene[lane] = scene;
  block.joint[lane] = joint;
  block.fixed[lane] = word & JOINT_FIXED ? -1 : 0;
  block.motor[lane] = word & JOINT_MOTOR ? -1 : 0;
  block.limits[lane] = word & JOINT_LIMITS ? -1 : 0;
  const float* settings = rows.constant + plan.joint_settings + JOINT_FLOATS * joint;
  vec* fields[JOINT_FLOATS] = {&block.local_ax, &block.local_ay, &block.local_bx,
                               &block.local_by, &block.speed,    &block.power,
                               &block.minimum,  &block.maximum,  &block.rest_angle};
  for (int i = 0; i < JOINT_FLOATS; ++i) (*fields[i])[lane] = settings[i];
  const float* state = rows.moving + plan.joint_state + JOINT_STATE_FLOATS * joint;
  block.impulse_x[lane] = state[0];
  block.impulse_y[lane] = state[1];
  block.impulse_angular[lane] = state[2];
  block.control[lane] = rows.controls[joint];
  if (chunk.mass[a][0] != 0.0f) chunk.moved_by_joint[a] = 1;
  if (chunk.mass[b][0] != 0.0f) chunk.moved_by_joint[b] = 1;
}

// Deals the resolvable joints out to blocks. The others lose their impulses and their cached
// anchor, as in the published engine.
inline void load_joints(Chunk& chunk) {
  const Plan& plan = chunk.plan;
  chunk.joint_block_count = 0;
  // `next[s]` is the joint of scene s from which the search for its next resolvable one goes on.
  int32_t* next = chunk.next_joint;
  memset(next, 0, sizeof(int32_t) * chunk.scenes);
  for (bool more = chunk.sizes.joints > 0; more;) {
    more = false;
    int lanes = LANES;
    for (int scene = 0; scene < chunk.scenes; ++scene) {
      const Rows& rows = chunk.rows[scene];
      for (; next[scene] < chunk.sizes.joints; ++next[scene]) {
        int joint = next[scene];
        if (is_resolvable(chunk, rows, scene, rows.integers[plan.joint_words + joint])) break;
        float* state = rows.moving + plan.joint_state + JOINT_STATE_FLOATS * joint;
        memset(state, 0, JOINT_STATE_FLOATS * sizeof(float));
      }
      if (next[scene] == chunk.sizes.joints) continue;
      if (lanes == LANES) {
        lanes = 0;
        JointBlock& block = chunk.joint_blocks[chunk.joint_block_count++];
        memset(&block, 0, sizeof block);
        for (int lane = 0; lane < LANES; ++lane) block.a[lane] = block.b[lane] = chunk.idle_body;
      }
      JointBlock& block = chunk.joint_blocks[chunk.joint_block_count - 1];
      load_joint(chunk, block, lanes++, scene, next[scene]++);
      block.count = lanes;
      more = true;
    }
  }
  for (int i = 0; i < chunk.joint_block_count; ++i) {
    JointBlock& block = chunk.joint_blocks[i];
    vec a[4], b[4];
    gather(chunk.material, block.a, a);
    gather(chunk.material, block.b, b);
    block.mass_a = a[0], block.mass_b = b[0];
    block.inertia_a = a[1], block.inertia_b = b[1];
    block.mass_sum = nonzero(a[0] + b[0]);
    block.inverse_mass_sum = 1.0f / block.mass_sum;
    block.inverse_inertia_sum = 1.0f / nonzero(a[1] + b[1]);
    block.anchor_weight = a[0] * block.inverse_mass_sum;
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
    chunk.velocity[block.a[lane]] += to_a[lane];
    chunk.velocity[block.b[lane]] += to_b[lane];
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

INLINE void solve_joint_block(Chunk& chunk, JointBlock& block) {
  const Parameters& parameters = chunk.parameters;
  vec place_a[4], place_b[4], va[4], vb[4];
  gather(chunk.place, block.a, place_a);
  gather(chunk.place, block.b, place_b);
  gather(chunk.velocity, block.a, va);
  gather(chunk.velocity, block.b, vb);

  vec end_ax = place_a[0] + block.arm_ax, end_ay = place_a[1] + block.arm_ay;
  vec gap_x = place_b[0] + block.arm_bx - end_ax, gap_y = place_b[1] + block.arm_by - end_ay;
  // The anchor lies between the two ends, nearer to that of the heavier body.
  block.anchor_x = fma(block.anchor_weight, gap_x, end_ax);
  block.anchor_y = fma(block.anchor_weight, gap_y, end_ay);
  vec rx = fma(vb[2], place_b[1] - block.anchor_y, vb[0]) -
           fma(va[2], place_a[1] - block.anchor_y, va[0]);
  vec ry = fma(vb[2], block.anchor_x - place_b[0], vb[1]) -
           fma(va[2], block.anchor_x - place_a[0], va[1]);

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

  vec step = block.inverse_mass_sum * parameters.baumgarte_joints_p;
  vec step_a = step * block.mass_a, step_b = -step * block.mass_b;
  alignas(64) quad to_a[LANES], to_b[LANES], move_a[LANES], move_b[LANES];
  scatter(x * block.mass_a, y * block.mass_a, turn_a, splat(0), to_a);
  scatter(-x * block.mass_b, -y * block.mass_b, turn_b, splat(0), to_b);
  scatter(gap_x * step_a, gap_y * step_a, splat(0), splat(0), move_a);
  scatter(gap_x * step_b, gap_y * step_b, splat(0), splat(0), move_b);
  add_to_joint_bodies(chunk, block, to_a, to_b);
  for (int lane = 0; lane < block.count; ++lane) {
    chunk.place[block.a[lane]] += move_a[lane];
    chunk.place[block.b[lane]] += move_b[lane];
  }
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
