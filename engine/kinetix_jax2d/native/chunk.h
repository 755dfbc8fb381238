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

// What holds for the bodies of a scene during a whole call: one bit per body.
struct SceneBits {
  uint64_t active, normal, always;  // in use; collision mode above 0; collision mode 2
  uint64_t fixated, immovable;      // no inverse mass; no inverse inertia either
  uint64_t jointed;                 // moved by a joint in the midst of the solve
};

// Pairs whose boxes overlap, of one table.
struct PairInfo {
  int32_t scene, row, traits, unused;
};
enum Trait : int32_t {
  SOLVABLE = 1,          // exchanges impulses (spec/physics.md 4.4)
  LIVE = 2,              // a joint moves one of the bodies during the solve
  FIRST_IMMOVABLE = 4,
  SECOND_IMMOVABLE = 8,
};
struct PairList {
  int count;
  Offset *first, *second;  // bodies
  PairInfo* info;
};

// Polygon pairs that overlap: `reference` has the face that separates them least.
struct OverlapList {
  int count;
  Offset *reference, *incident;
  int32_t *face, *flipped, *pair;
  float* separation;
};

// A solvable contact point, as found.
struct Found {
  quad geometry;  // normal from the first body to the second; world point
  float depth, normal_impulse, tangent_impulse;
  int32_t scene;
  Offset first, second;  // bodies
  int32_t row, slot;     // slot: of the accumulated impulses
  int32_t stage, round, traits, kind, position, unused[3];
};

// Contacts of a round are kept apart by kind.
enum Kind : int32_t {
  BOTH_LIVE,   // both bodies are moved (or one of them by two contacts of the round)
  BOTH_FROZEN,  // ... and no joint moves them
  ONE_LIVE,    // one body is immovable, and the other has no other contact in the round
  ONE_FROZEN,
  KINDS,
};

// LANES contacts of one round (the contacts that may be solved at once), ready for the solver.
// Where only one body moves, it is b.
struct ContactBlock {
  alignas(64) Offset a[LANES];
  Offset b[LANES];
  Offset found[LANES];
  int32_t flip[LANES];  // where a is the second body of the pair
  vec normal_x, normal_y;
  vec arm_nb, arm_tb;                    // cross(arm of b, normal or tangent)
  vec inverse_kn, inverse_kt, coupling;  // inverse masses; how a normal impulse moves vt
  vec target, slide;                     // normal velocity to reach; tangential velocity of a
  vec friction;
  vec normal_impulse, tangent_impulse;  // accumulated
  vec mass_b, inertia_b;                // inverse
  vec arm_na, arm_ta, mass_a, inertia_a;
  vec point_x, point_y;
  int32_t live;  // a joint moves some of the bodies during the solve
};

struct Round {
  int both_first, both_count;  // blocks with two moving bodies, contacts in them
  int one_first, one_count;
};

// LANES joints of different scenes: the r-th joint of each, for one r.
struct JointBlock {
  alignas(64) Offset a[LANES];
  Offset b[LANES], constant[LANES], moving[LANES];
  int32_t scene[LANES], joint[LANES];
  int32_t count, reflexive;  // reflexive: some joint holds a body to itself
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
  Offset body;
  int32_t scene, number;
  float push;  // momentum that it gives in one step
};

struct Chunk {
  Plan plan;
  Parameters parameters;
  Sizes sizes;
  int scenes;

  Rows* rows;
  SceneBits* bits;

  // Bodies of all scenes, one after another, and one without mass that idle lanes work on. A
  // body is named by the offset of its entry in any of these arrays.
  int bodies;
  Offset idle_body;
  quad* place;     // x, y, angle, radius of a circle
  quad* velocity;  // vx, vy, angular velocity, 0
  quad* material;  // inverse mass, inverse inertia, friction, restitution
  quad* mass;      // inverse mass, inverse mass, inverse inertia, 0
  quad* pose;      // x, y, cosine, sine at the start of the step
  // Polygons: one number per vertex or face.
  quad *local_x, *local_y, *normal_x, *normal_y, *edge_length;
  quad* support;  // how far the polygon reaches along each normal; UNUSED_FACE for no face
  quad *world_x, *world_y;
  quad* box;                               // low x, low y, high x, high y
  float *low_x, *low_y, *high_x, *high_y;  // the same, one array per side
  uint64_t* claimed;                       // stages in which a one-sided contact has the body

  PairList pairs[TABLES];
  OverlapList overlaps;
  Found* found;
  int found_end[TABLES];  // contacts found, up to each table
  uint32_t *touching, *kept;  // flags per scene, see Sizes::first_word; kept: solvable ones
  uint64_t* stage_bits;       // stages in which a scene has contacts to solve

  ContactBlock* blocks;
  Round* rounds;
  int round_count;
  int32_t* round_sizes;  // contacts of each kind in each round
  quad* impulses;        // of one round: x, y, on the angle of a, on the angle of b
  int32_t *forgets, *forgets_early;
  int forget_count, forget_early_count;

  JointBlock* joint_blocks;
  int joint_block_count;
  int32_t* next_joint;
  quad* motor_changes;
  Thruster* thrusters;
  uint8_t* flag_bytes;
  int thruster_count;

  // Lays the chunk out in `memory`; with null, only counts the bytes that are needed.
  Chunk(const Plan& its_plan, const Parameters& its_parameters, int count, char* its_memory);

  size_t bytes() const { return used_; }
  INLINE Offset body(int scene, int number) const {
    return sizeof(quad) * (scene * sizes.bodies + number);
  }
  INLINE uint32_t* scene_touching(int scene) const { return touching + scene * sizes.memory_words; }
  INLINE uint32_t* scene_kept(int scene) const { return kept + scene * sizes.memory_words; }
  INLINE int found_count() const { return found_end[TABLES - 1]; }

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

inline Chunk::Chunk(const Plan& its_plan, const Parameters& its_parameters, int count,
                    char* its_memory)
    : plan(its_plan),
      parameters(its_parameters),
      sizes(its_plan),
      scenes(count),
      memory_(its_memory) {
  size_t n = scenes, all = n * sizes.bodies + LANES;
  bodies = scenes * sizes.bodies;
  idle_body = sizeof(quad) * bodies;
  take(rows, n);
  take(bits, n);
  quad** fields[] = {&place,    &velocity, &material,    &mass,    &pose,    &local_x, &local_y,
                     &normal_x, &normal_y, &edge_length, &support, &world_x, &world_y, &box};
  for (quad** field : fields) take(*field, all);
  float** sides[] = {&low_x, &low_y, &high_x, &high_y};
  for (float** side : sides) take(*side, all + LANES);
  take(claimed, all);

  for (int table = 0; table < TABLES; ++table) {
    size_t count = n * sizes.rows[table] + LANES;
    take(pairs[table].first, count);
    take(pairs[table].second, count);
    take(pairs[table].info, count);
  }
  size_t overlap_count = n * sizes.rows[POLYGON_POLYGON] + LANES;
  take(overlaps.reference, overlap_count);
  take(overlaps.incident, overlap_count);
  int32_t** lists[] = {&overlaps.face, &overlaps.flipped, &overlaps.pair};
  for (int32_t** list : lists) take(*list, overlap_count);
  take(overlaps.separation, overlap_count);

  size_t slots = n * sizes.slots, stages = sizes.stages;
  take(found, slots + 1);
  take(touching, n * sizes.memory_words);
  take(kept, n * sizes.memory_words);
  take(stage_bits, n * sizes.stage_words);
  take(blocks, slots / LANES + 2 * stages + 1);
  take(rounds, stages);
  take(round_sizes, KINDS * stages);
  take(impulses, slots + LANES);
  take(forgets, 4 * n);
  take(forgets_early, 4 * n);
  size_t joint_block_capacity = n * sizes.joints / LANES + sizes.joints + 1;
  take(joint_blocks, joint_block_capacity);
  take(next_joint, n);
  take(motor_changes, 2 * LANES * joint_block_capacity);
  take(thrusters, n * sizes.thrusters + LANES);
  take(flag_bytes, sizes.pairs + 8);
}

}  // namespace kinetix
