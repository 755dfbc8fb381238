// A chunk: some scenes that one thread moves forward together, and all memory for that.
//
// Work is not laid out scene by scene. Each stage has dense lists of what there is to do in the
// whole chunk (bodies, pairs that come close, contacts, joints), and takes them LANES at a time,
// whichever scenes they belong to. Few bodies of a scene touch at any moment, so this leaves far
// fewer idle lanes than one scene per lane would. What a lane computes does not depend on the
// others, so a scene's bits do not depend on its company.
#pragma once

#include <stdlib.h>

#include "plan.h"

namespace kinetix {

// Where one scene's data lies in the caller's arrays.
struct Rows {
  float* moving;
  const float* constant;
  int32_t* integers;
  const float* controls;
  uint8_t* touching;  // trace: steps x pairs
  float* positions;   // trace: steps x bodies x 2
};

// Pairs whose boxes overlap, of one table. Bodies are numbered through the chunk.
struct PairList {
  int count;
  int32_t *first, *second, *scene, *row;
};

// Polygon pairs that overlap: `reference` has the face that separates them least.
struct OverlapList {
  int count;
  int32_t *reference, *incident, *face, *flipped, *pair;
  float* separation;
};

// A contact point, as found.
struct Found {
  quad geometry;  // normal from the first body to the second; world point
  float depth, normal_impulse, tangent_impulse, unused;
  int32_t first, second, scene, slot;  // slot: of the accumulated impulses
  int32_t table, row, second_slot, frozen, stage, round, padding[2];
};
static_assert(sizeof(Found) == 5 * sizeof(quad), "gathered quad by quad");

// LANES contacts of one round (the contacts that may be solved at once), ready for the solver.
struct ContactBlock {
  int32_t first[LANES], second[LANES], found[LANES];
  vec normal_x, normal_y;
  vec arm_na, arm_nb, arm_ta, arm_tb;  // cross(arm of a or b, normal or tangent)
  vec inverse_kn, inverse_kt, coupling;  // inverse masses; how a normal impulse moves vt
  vec target;                            // the normal velocity to reach: bias - vrest
  vec friction;
  vec normal_impulse, tangent_impulse;  // accumulated
  vec point_x, point_y;                 // what the arms are recomputed from ...
  vec inverse_mass, inertia_a, inertia_b;
  int32_t live;  // ... where a joint moves one of the bodies during the solve
};

struct Round {
  int first_block, count;
};

// LANES joints of different scenes: the r-th joint of each, for one r.
struct JointBlock {
  int32_t a[LANES], b[LANES], scene[LANES], joint[LANES];
  int32_t count;
  ivec fixed, motor, limits;
  vec mass_a, mass_b, inertia_a, inertia_b;  // inverse
  vec inverse_mass_sum, inverse_inertia_sum, mass_sum, anchor_weight;
  vec local_ax, local_ay, local_bx, local_by;
  vec speed, power, minimum, maximum, rest_angle;
  vec control;
  vec arm_ax, arm_ay, arm_bx, arm_by;  // world, of this step
  ivec pulls;                          // fixed, or outside its limits
  vec relative_angle, angle_bias;      // angle_bias: velocity that mends the angle
  vec impulse_x, impulse_y, impulse_angular;
  vec anchor_x, anchor_y;
};

struct Thruster {
  quad settings;  // x, y on the body; direction; power
  int32_t body, scene, number;
  float push;  // momentum that it gives in one step
};

struct Chunk {
  Plan plan;
  Parameters parameters;
  Sizes sizes;
  int capacity;  // scenes
  int scenes;    // in use

  Rows* rows;

  // Bodies of all scenes: first all polygons, then all circles, then one without mass that idle
  // lanes work on.
  int32_t idle_body;
  quad* place;     // x, y, angle, radius of a circle
  quad* velocity;  // vx, vy, angular velocity, 0
  quad* material;  // inverse mass, inverse inertia, friction, restitution
  quad* mass;      // inverse mass, inverse mass, inverse inertia, 0
  quad* pose;      // x, y, cosine, sine at the start of the step
  int32_t* moved_by_joint;
  uint64_t *polygon_partners, *circle_partners;  // that a body may touch: one bit each

  // Polygons: one entry per vertex or face.
  quad *local_x, *local_y, *normal_x, *normal_y, *edge_length;
  quad* support;  // how far the polygon reaches along each normal; UNUSED_FACE for no face
  quad *world_x, *world_y;
  quad* box;
  float *low_x, *low_y, *high_x, *high_y;  // boxes of all bodies

  PairList pairs[TABLES];
  OverlapList overlaps;
  Found* found;
  int found_count;
  uint32_t *touching, *remembered;  // flags per scene, see Sizes::first_word
  uint64_t* stage_bits;         // stages in which a scene has contacts to solve

  ContactBlock* blocks;
  Round* rounds;
  int round_count;
  int32_t* round_sizes;  // live and frozen contacts of each round
  quad* impulses;        // of one round: x, y, on the angle of a, on the angle of b
  int32_t *forgets, *forgets_early;
  int forget_count, forget_early_count;

  JointBlock* joint_blocks;
  int joint_block_count;
  int32_t* next_joint;
  quad* motor_changes;
  Thruster* thrusters;
  int thruster_count;

  // Lays the chunk out in `memory`; with null, only counts the bytes that are needed.
  Chunk(const Plan& plan, const Parameters& parameters, int capacity, char* memory);

  size_t bytes() const { return used_; }
  INLINE int body(int scene, int number) const {
    int circle = number - sizes.polygons;
    return circle < 0 ? scene * sizes.polygons + number
                      : scenes * sizes.polygons + scene * sizes.circles + circle;
  }
  INLINE uint32_t* scene_touching(int scene) const { return touching + scene * sizes.memory_words; }
  INLINE uint32_t* scene_remembered(int scene) const { return remembered + scene * sizes.memory_words; }

 private:
  template <typename T>
  void take(T*& pointer, size_t count) {
    pointer = memory_ ? reinterpret_cast<T*>(memory_ + used_) : nullptr;
    used_ += (count * sizeof(T) + 63) / 64 * 64;
  }
  char* memory_;
  size_t used_ = 0;
};

constexpr float UNUSED_FACE = 1e30f;

inline Chunk::Chunk(const Plan& plan, const Parameters& parameters, int capacity, char* memory)
    : plan(plan), parameters(parameters), sizes(plan), capacity(capacity), memory_(memory) {
  size_t n = capacity, bodies = n * sizes.bodies + LANES, polygons = n * sizes.polygons + LANES;
  take(rows, n);
  take(place, bodies);
  take(velocity, bodies);
  take(material, bodies);
  take(mass, bodies);
  take(pose, bodies);
  take(moved_by_joint, bodies);
  take(polygon_partners, bodies);
  take(circle_partners, bodies);
  quad** shape[] = {&local_x, &local_y, &normal_x, &normal_y, &edge_length,
                    &support, &world_x, &world_y,  &box};
  for (quad** field : shape) take(*field, polygons);
  float** sides[] = {&low_x, &low_y, &high_x, &high_y};
  for (float** field : sides) take(*field, bodies + LANES);

  for (int table = 0; table < TABLES; ++table) {
    size_t count = n * sizes.rows[table] + LANES;
    PairList& list = pairs[table];
    int32_t** fields[] = {&list.first, &list.second, &list.scene, &list.row};
    for (int32_t** field : fields) take(*field, count);
  }
  size_t overlap_count = n * sizes.rows[POLYGON_POLYGON] + LANES;
  int32_t** fields[] = {&overlaps.reference, &overlaps.incident, &overlaps.face,
                        &overlaps.flipped, &overlaps.pair};
  for (int32_t** field : fields) take(*field, overlap_count);
  take(overlaps.separation, overlap_count);

  size_t slots = n * sizes.slots, stages = sizes.stages < 1 ? 1 : sizes.stages;
  take(found, slots + LANES);
  take(touching, n * sizes.memory_words);
  take(remembered, n * sizes.memory_words);
  take(stage_bits, n * sizes.stage_words);
  take(blocks, slots / LANES + stages + 1);
  take(rounds, stages);
  take(round_sizes, 2 * stages);
  take(impulses, slots + 2 * LANES);
  take(forgets, 4 * n);
  take(forgets_early, 4 * n);
  size_t joint_block_capacity = n * sizes.joints / LANES + sizes.joints + 1;
  take(joint_blocks, joint_block_capacity);
  take(next_joint, n);
  take(motor_changes, 2 * LANES * joint_block_capacity);
  take(thrusters, n * sizes.thrusters + LANES);
}

}  // namespace kinetix
