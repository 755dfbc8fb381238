// A chunk: some scenes that one thread moves forward together, and all memory for that.
//
// Work is not laid out scene by scene. Each stage has dense lists of what there is to do in the
// whole chunk (bodies, pairs that come close, contacts, joints), and takes them LANES at a time,
// whichever scenes they belong to. Few bodies of a scene touch at any moment, so this leaves far
// fewer idle lanes than one scene per lane would. What a lane computes does not depend on the
// others, so a scene's bits do not depend on its company.
#pragma once

#include "guard.h"
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

// What holds for one body during a whole call: one bit per scene.
struct BodyBits {
  uint64_t active, normal, always;  // in use; collision mode above 0; collision mode 2
  uint64_t fixated, immovable;      // no inverse mass; no inverse inertia either
  uint64_t jointed;                 // moved by a joint in the midst of the solve
};

// How the contacts of a pair are solved, and kept apart.
enum Kind : int {
  BOTH_LIVE,    // both bodies are moved (or one of them by two contacts of the stage)
  BOTH_FROZEN,  // ... and no joint moves them
  ONE_LIVE,     // one body is immovable, and the other has no other contact in the stage
  ONE_FROZEN,
  KINDS,
  UNSOLVABLE = KINDS,  // no impulse is exchanged
};

// A pair of bodies: second, first and scene (8 bits each); 2 * kind + swap. The first is below the
// second but for circles with polygons. Swap: the first is the one that moves.
typedef int32_t PairCode;
constexpr int MAX_CHUNK_SCENES = 255;
INLINE int second_of(PairCode code) { return code & 0xff; }
INLINE int first_of(PairCode code) { return code >> 8 & 0xff; }
INLINE int scene_of(PairCode code) { return code >> 16 & 0xff; }
INLINE int kind_of(PairCode code) { return code >> 25; }
INLINE int swap_of(PairCode code) { return code >> 24 & 1; }

// Pairs whose boxes overlap, of one table.
struct PairList {
  int count;
  PairCode* code;
};

// Polygon pairs that overlap: `reference` has the face that separates them least.
struct OverlapList {
  int count;
  Offset *reference, *incident;
  int32_t *face, *flipped;
  PairCode* code;
  float* separation;
};

// Contact points found.
struct FoundList {
  int count;
  PairCode* code;
  int32_t* row;     // of its table
  int32_t* point;   // in Chunk::geometry and Chunk::depth
  int32_t* region;  // stage * KINDS + kind; the last one: exchanges no impulses
};

// LANES contacts of one stage (the contacts that may be solved at once), ready for the solver.
// Where only one body moves, it is b.
struct ContactBlock {
  alignas(64) Offset a[LANES];
  Offset b[LANES];
  Offset impulse[LANES];  // accumulated, behind the first scene's row
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

// Contacts as they are dealt out to the blocks, LANES to each.
struct PlacedList {
  PairCode* code;
  int32_t* slot;   // among all of a scene
  int32_t* point;  // see FoundList
};

struct Stage {
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
  int words;       // of one bit per scene
  BodyBits* bits;  // per body number, for each word
  quad* fall;      // what gravity adds to velocities, per scene

  // Bodies: number 0 of all scenes, then number 1, ..., and one without mass that idle lanes work
  // on. A body is named by the offset of its entry in any of these arrays.
  int bodies, stride;  // stride: entries from one number to the next
  Offset idle_body;
  // Where all scenes have the same boundary (see boundary.h), its bodies have one entry each, just
  // before those of the other bodies: `shared` is BOUNDARY then, otherwise 0.
  int shared, first_entry;  // first_entry: of those in use
  quad* place;     // x, y, angle, radius of a circle
  quad* velocity;  // vx, vy, angular velocity, 0
  quad* mass;      // inverse mass, inverse mass, inverse inertia, 0
  int32_t* word;   // see Plan::body_words
  double* surface;  // two floats, friction and restitution; of a common boundary too per scene
  quad* pose;      // x, y, cosine, sine at the start of the step
  // Polygons: one number per vertex or face.
  quad *local_x, *local_y, *normal_x, *normal_y, *edge_length;
  quad* support;  // how far the polygon reaches along each normal; UNUSED_FACE for no face
  quad *world_x, *world_y;
  quad* box;                               // low x, low y, high x, high y
  float *low_x, *low_y, *high_x, *high_y;  // the same, one array per side
  uint64_t* claimed;  // stages in which a contact with an immovable body has it

  PairList pairs[TABLES];
  OverlapList overlaps;
  FoundList found[LISTS];
  quad* geometry;  // normal from the first body to the second; world point
  float* depth;
  int32_t first_point[LISTS];
  uint32_t* touching;  // flags per scene, see ListSizes::first_word
  uint32_t* gone;      // the same of one scene: contacts that are no more

  PlacedList placed;
  ContactBlock* blocks;
  Stage* stages;
  int32_t* region_sizes;  // contacts of each kind in each stage
  quad* impulses;         // of one stage: x, y, on the angle of a, on the angle of b
  int32_t *forgets, *forgets_early;
  int forget_count, forget_early_count;

  JointBlock* joint_blocks;
  int joint_block_count;
  int32_t *joint_counts, *joint_list;  // see list_joints
  quad* motor_changes;
  Thruster* thrusters;
  int step;  // of this call
  int thruster_count;

  // Lays the chunk out in `memory`; with null, only counts the bytes that are needed.
  Chunk(const Plan& its_plan, const Parameters& its_parameters, int count, char* its_memory);

  size_t bytes() const { return used_; }
  INLINE int entry(int scene, int number) const {
    return number < shared ? first_entry + number : number * stride + scene;
  }
  INLINE Offset body(int scene, int number) const { return sizeof(quad) * entry(scene, number); }
  INLINE BodyBits& bits_of_scene(int scene, int number) const {
    return bits[number * words + (scene >> 6)];
  }
  INLINE uint32_t* scene_touching(int scene) const { return touching + scene * sizes.memory_words; }

 private:
  template <typename T>
  void take(T*& pointer, size_t count) {
    size_t bytes = count * sizeof(T), room = (bytes + 63) / 64 * 64 + GAP;
    pointer = memory_ ? reinterpret_cast<T*>(memory_ + used_) : nullptr;
    if (memory_) guard(memory_ + used_, bytes, room);
    used_ += room;
  }
  char* memory_;
  size_t used_ = 0;
};

// Chunk::entry of many.
INLINE ivec entries(const Chunk& chunk, ivec number, ivec scene) {
  return number < chunk.shared ? number + chunk.first_entry : number * chunk.stride + scene;
}

constexpr float UNUSED_FACE = 1e30f;

inline Chunk::Chunk(const Plan& its_plan, const Parameters& its_parameters, int count,
                    char* its_memory)
    : plan(its_plan),
      parameters(its_parameters),
      sizes(its_plan),
      scenes(count),
      memory_(its_memory) {
  // An odd number of cache lines, so that the bodies of a scene do not compete for the same ones.
  stride = scenes < 16 ? scenes : (round_up(scenes, 4) | 4);
  bodies = stride * sizes.bodies;
  size_t n = scenes, all = bodies + LANES;
  idle_body = sizeof(quad) * bodies;
  words = (scenes + 63) / 64;
  take(rows, n);
  take(bits, (size_t)words * sizes.bodies);
  take(fall, n + LANES);
  quad** fields[] = {&place,    &velocity, &mass,        &pose,    &local_x, &local_y, &normal_x,
                     &normal_y, &edge_length, &support, &world_x, &world_y, &box};
  for (quad** field : fields) take(*field, all);
  float** sides[] = {&low_x, &low_y, &high_x, &high_y};
  for (float** side : sides) take(*side, all + LANES);
  take(word, all);
  take(surface, all);
  take(claimed, all);

  size_t points = 0;
  for (int list = 0; list < LISTS; ++list) {
    size_t room = n * sizes.rows[list == SECOND_SLOTS ? (int)POLYGON_POLYGON : list] + LANES;
    if (list < TABLES) take(pairs[list].code, room);
    take(found[list].code, room);
    take(found[list].row, room);
    take(found[list].point, room);
    take(found[list].region, room);
    first_point[list] = points;
    points += room;
  }
  take(geometry, points);
  take(depth, points);
  size_t room = n * sizes.rows[POLYGON_POLYGON] + LANES;
  take(overlaps.reference, room);
  take(overlaps.incident, room);
  take(overlaps.face, room);
  take(overlaps.flipped, room);
  take(overlaps.code, room);
  take(overlaps.separation, room);

  size_t slots = n * sizes.slots, stage_count = sizes.stages;
  take(touching, n * sizes.memory_words);
  take(gone, sizes.memory_words);
  size_t block_count = slots / LANES + 2 * stage_count + 1;
  take(blocks, block_count);
  take(placed.code, block_count * LANES + slots);
  take(placed.slot, block_count * LANES + slots);
  take(placed.point, block_count * LANES + slots);
  take(stages, stage_count);
  take(region_sizes, KINDS * stage_count + 1);
  take(impulses, slots + LANES);
  take(forgets, 4 * n);
  take(forgets_early, 4 * n);
  size_t joint_block_capacity = n * sizes.joints / LANES + sizes.joints + 1;
  take(joint_blocks, joint_block_capacity);
  take(joint_counts, sizes.joints);
  take(joint_list, n * sizes.joints);
  take(motor_changes, 2 * LANES * joint_block_capacity);
  take(thrusters, n * sizes.thrusters + LANES);
}

}  // namespace kinetix
