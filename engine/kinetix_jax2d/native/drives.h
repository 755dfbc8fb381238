// Motors and thrusters: spec/physics.md 6.3, 6.4 and 6.10.
#pragma once

#include "joints.h"

namespace kinetix {

INLINE vec sign(vec x) { return x > 0.0f ? splat(1) : x < 0.0f ? splat(-1) : splat(0); }

// Factor on the power of a motor that drives into a limit of its joint. It compares with the sign
// of the action, not with that of the speed that the motor aims at.
INLINE vec motor_fade(const JointBlock& block, const Parameters& parameters) {
  vec margin = splat(parameters.motor_joint_limit);
  vec angle = block.relative_angle;
  vec over = angle - clamp(angle, block.minimum + margin, block.maximum - margin);
  vec fade = at_least(1.0f - absolute(over) / margin, splat(0));
  fade = over == 0.0f ? splat(1) : fade;
  vec free = sign(over) != sign(block.control) ? splat(1) : splat(0);
  return block.limits ? at_least(fade, free) : splat(1);
}

// All motors act on the same velocities: changes are found first and then added. `impulses` has
// room for one quad per joint.
inline void apply_motors(Chunk& chunk) {
  const Parameters& parameters = chunk.parameters;
  quad* changes = chunk.motor_changes;
  for (int i = 0; i < chunk.joint_block_count; ++i) {
    const JointBlock& block = chunk.joint_blocks[i];
    vec a[4], b[4];
    gather(chunk.velocity, block.a, a);
    gather(chunk.velocity, block.b, b);
    vec power = parameters.base_motor_power * block.power * parameters.dt;
    power *= block.inverse_inertia_sum * motor_fade(block, parameters);
    vec error = b[2] - a[2] - block.speed * block.control * parameters.base_motor_speed;
    vec push = power * tanh(error * parameters.motor_decay);
    ivec on = block.motor & ~block.fixed & (block.control != 0.0f);
    vec zero = splat(0);
    vec turn_a = on ? push * block.inertia_a : zero, turn_b = on ? -push * block.inertia_b : zero;
    scatter(zero, zero, turn_a, zero, changes + 2 * LANES * i);
    scatter(zero, zero, turn_b, zero, changes + 2 * LANES * i + LANES);
  }
  for (int i = 0; i < chunk.joint_block_count; ++i)
    add_to_joint_bodies(chunk, chunk.joint_blocks[i], changes + 2 * LANES * i,
                        changes + 2 * LANES * i + LANES);
}

inline void load_thrusters(Chunk& chunk) {
  const Plan plan = chunk.plan;
  const float strength = chunk.parameters.base_thruster_power;
  const float dt = chunk.parameters.dt;
  const Rows* rows = chunk.rows;
  const int scenes = chunk.scenes, bodies = chunk.sizes.bodies;
  Thruster* thruster = chunk.thrusters;
  for (int scene = 0; scene < scenes; ++scene)
    for (int number = 0; number < plan.thrusters; ++number, ++thruster) {
      int32_t word = rows[scene].integers[plan.thruster_words + number];
      float control = rows[scene].controls[plan.joints + number];
      quad settings = load_quad(rows[scene].constant + plan.thruster_settings +
                                THRUSTER_FLOATS * number);
      float push = settings[3] * strength * control * dt;
      thruster->settings = settings;
      thruster->body = chunk.body(scene, body_in_reach(field(word, 0), bodies));
      thruster->scene = scene;
      thruster->number = number;
      thruster->push = word & THRUSTER_ACTIVE ? push : 0.0f;
    }
  chunk.thruster_count = thruster - chunk.thrusters;
  memset(thruster, 0, LANES * sizeof(Thruster));
}

struct ThrusterLanes {
  alignas(64) Offset body[LANES];
  vec settings[4];  // x, y on the body; direction; power
};

INLINE void gather_thrusters(const Chunk& chunk, int first, ThrusterLanes& lanes) {
  alignas(64) Offset offset[LANES];
  for (int lane = 0; lane < LANES; ++lane) {
    offset[lane] = sizeof(Thruster) * lane;
    lanes.body[lane] = chunk.thrusters[first + lane].body;
  }
  gather(chunk.thrusters + first, offset, lanes.settings);
}

inline void apply_thrusters(Chunk& chunk) {
  alignas(64) quad changes[LANES];
  for (int i = 0; i < chunk.thruster_count; i += LANES) {
    ThrusterLanes lanes;
    gather_thrusters(chunk, i, lanes);
    vec place[4], pose[4], mass[4];
    gather(chunk.place, lanes.body, place);
    gather(chunk.pose, lanes.body, pose);
    gather(chunk.mass, lanes.body, mass);
    Point arm = rotate(pose[2], pose[3], lanes.settings[0], lanes.settings[1]);
    SinCos way = sincos(lanes.settings[2] + place[2]);
    scatter(mass[0] * way.cos, mass[0] * way.sin,
            mass[2] * cross(arm.x, arm.y, way.cos, way.sin), splat(0), changes);
    for (int lane = 0; lane < LANES && i + lane < chunk.thruster_count; ++lane) {
      const Thruster& thruster = chunk.thrusters[i + lane];
      // An idle thruster adds nothing, whatever its slot holds.
      if (thruster.push != 0.0f)
        quad_at(chunk.velocity, thruster.body) += changes[lane] * thruster.push;
    }
  }
}

// Cached anchors, from the bodies at the end of the step.
inline void store_thrusters(Chunk& chunk) {
  alignas(64) quad anchors[LANES];
  for (int i = 0; i < chunk.thruster_count; i += LANES) {
    ThrusterLanes lanes;
    gather_thrusters(chunk, i, lanes);
    vec place[4];
    gather(chunk.place, lanes.body, place);
    SinCos angle = sincos(place[2]);
    Point arm = rotate(angle.cos, angle.sin, lanes.settings[0], lanes.settings[1]);
    scatter(place[0] + arm.x, place[1] + arm.y, splat(0), splat(0), anchors);
    for (int lane = 0; lane < LANES && i + lane < chunk.thruster_count; ++lane) {
      const Thruster& thruster = chunk.thrusters[i + lane];
      float* anchor =
          chunk.rows[thruster.scene].moving + chunk.plan.thruster_anchors + 2 * thruster.number;
      anchor[0] = anchors[lane][0];
      anchor[1] = anchors[lane][1];
    }
  }
}

}  // namespace kinetix
