// What one call of the kernel is told: sizes, where each field lies in a scene's rows, parameters.
// `_layout.py` is the one place where the rows are laid out; it fills a Plan field by field, in
// this order.
#pragma once

#include "simd.h"

namespace kinetix {

constexpr int BOUNDARY = 4;  // polygons 0..3: floor, walls, ceiling; never tested pairwise
constexpr int BODY_FLOATS = 6, JOINT_STATE_FLOATS = 5, JOINT_FLOATS = 9, THRUSTER_FLOATS = 4;

struct Plan {
  // Slots of a scene. Body index: polygon i is i, circle k is polygons + k.
  int32_t polygons, circles, joints, thrusters;
  // Floats or integers in one scene's row of each array.
  int32_t moving_size, constant_size, integer_size;
  // Offsets into the row of what moves (f32).
  int32_t bodies;            // per body: x, y, angle, vx, vy, w
  int32_t joint_state;       // per joint: accumulated impulse x, y, angular; anchor x, y
  int32_t thruster_anchors;  // per thruster: x, y
  int32_t impulses;          // per contact slot: normal, tangent; polygon pairs have two slots
  // Offsets into the row of constants (f32).
  int32_t materials;   // per body: inverse mass, inverse inertia, friction, restitution
  int32_t vertices_x;  // per polygon: x of its four vertices
  int32_t vertices_y;
  int32_t radii;           // per circle
  int32_t joint_settings;     // per joint: anchors on a, b (4), speed, power, min, max, rest angle
  int32_t thruster_settings;  // per thruster: position (2), rotation, power
  int32_t gravity;            // (2)
  // Offsets into the row of integers.
  int32_t body_words;  // per body: collision mode, vertices, role: 8 bits each; bit 24: active
  int32_t joint_words;  // a, b, binding: 8 bits each; bit 24..: active, fixed, motor, limits, auto
  int32_t thruster_words;   // body, binding: 8 bits each; bit 24: active
  int32_t collision_words;  // bit first * N + second: the pair may exchange impulses
  int32_t touching_words;   // one bit per pair, each table from a new word
  int32_t memory_words;     // the same for the remembered contacts, then the second polygon slots
  // How to step.
  int32_t steps, iterations, batch, warm_starting, threads;
};
constexpr int PLAN_FIELDS = sizeof(Plan) / sizeof(int32_t);

// spec/physics.md 2.1, in its order.
struct Parameters {
  float dt, slop;
  float baumgarte_collision, baumgarte_joints_v, baumgarte_joints_p;
  float baumgarte_fixed_joint, baumgarte_joint_limit, joint_stiffness;
  float clip_position, clip_velocity, clip_angular_velocity;
  float base_motor_speed, base_motor_power, motor_decay, motor_joint_limit;
  float base_thruster_power, base_friction;
};
constexpr int PARAMETER_FIELDS = sizeof(Parameters) / sizeof(float);

enum BodyWord : int32_t { BODY_ACTIVE = 1 << 24 };
enum JointWord : int32_t {
  JOINT_ACTIVE = 1 << 24,
  JOINT_FIXED = 1 << 25,
  JOINT_MOTOR = 1 << 26,
  JOINT_LIMITS = 1 << 27,
};
enum ThrusterWord : int32_t { THRUSTER_ACTIVE = 1 << 24 };

// One 8-bit field of a word, with its sign.
INLINE int field(int32_t word, int number) { return (int8_t)((uint32_t)word >> (8 * number)); }

// The three contact tables, in the published order.
enum Table { POLYGON_POLYGON, CIRCLE_POLYGON, CIRCLE_CIRCLE, TABLES };

// Contact slots come in lists: one per table, and one for the second slots of polygon pairs.
enum List { SECOND_SLOTS = TABLES, LISTS };

struct ListSizes {
  int table;
  int first_word;               // of its flags in a scene's words
  int slot_base, slot_stride;   // slot of a row's accumulated impulses: base + stride * row
  int first_stage, batches;     // a stage: one batch of one list, in solver order
  int last_padded_row;          // whose impulses the padding of a batch overwrites; -1: none
  int first_padded_batch;       // where that happens first
};

// Slots of a scene. Loops over them are unrolled where the compiler knows their number, as it does
// for the published sizes.
struct Slots {
  int polygons, circles, joints, thrusters;
};
template <int POLYGONS, int CIRCLES, int JOINTS, int THRUSTERS>
struct KnownSlots {
  static constexpr int polygons = POLYGONS, circles = CIRCLES;
  static constexpr int joints = JOINTS, thrusters = THRUSTERS;
  static bool are_of(const Plan& plan) {
    return plan.polygons == polygons && plan.circles == circles && plan.joints == joints &&
           plan.thrusters == thrusters;
  }
};

// Calls `work` with the slots of a plan.
template <typename Work>
INLINE void with_slots(const Plan& plan, Work work) {
  using Small = KnownSlots<5, 2, 1, 1>;
  using Medium = KnownSlots<6, 3, 2, 2>;
  if (Small::are_of(plan)) return work(Small());
  if (Medium::are_of(plan)) return work(Medium());
  work(Slots{plan.polygons, plan.circles, plan.joints, plan.thrusters});
}

// What follows from a Plan.
struct Sizes {
  int polygons, circles, joints, thrusters, bodies;
  int pairs;
  int rows[TABLES];           // pairs in each table
  int words[TABLES];          // 32-bit words of flags for each table
  int first_pair[TABLES];     // of each table, among all pairs
  int row_base[TABLES][64];   // row of a pair: row_base[table][first body] + second body
  int touching_words, memory_words;
  int slots, stages;
  ListSizes lists[LISTS];

  explicit Sizes(const Plan& plan)
      : polygons(plan.polygons),
        circles(plan.circles),
        joints(plan.joints),
        thrusters(plan.thrusters),
        bodies(plan.polygons + plan.circles) {
    rows[POLYGON_POLYGON] = (polygons * (polygons - 1) - BOUNDARY * (BOUNDARY - 1)) / 2;
    rows[CIRCLE_POLYGON] = circles * polygons;
    rows[CIRCLE_CIRCLE] = circles * (circles - 1) / 2;
    pairs = slots = stages = touching_words = 0;
    for (int table = 0; table < TABLES; ++table) {
      words[table] = (rows[table] + 31) / 32;
      first_pair[table] = pairs;
      pairs += rows[table];
      add_list((List)table, table, touching_words, plan.batch);
      touching_words += words[table];
      if (table == POLYGON_POLYGON) add_list(SECOND_SLOTS, table, 0, plan.batch);
    }
    lists[SECOND_SLOTS].first_word = touching_words;
    memory_words = touching_words + words[POLYGON_POLYGON];
    for (int i = 0; i < bodies; ++i) {
      int c = i - polygons;
      row_base[POLYGON_POLYGON][i] = i < BOUNDARY
                                         ? i * (polygons - BOUNDARY) - BOUNDARY
                                         : i * (2 * polygons - i - 1) / 2 - i - 1 -
                                               BOUNDARY * (BOUNDARY - 1) / 2;
      row_base[CIRCLE_POLYGON][i] = c * polygons;
      row_base[CIRCLE_CIRCLE][i] = c * (2 * circles - c - 1) / 2 - c - 1 - polygons;
    }
  }

 private:
  // The slots of polygon pairs alternate: row 0 first, row 0 second, row 1 first, ...
  void add_list(List list, int table, int first_word, int batch) {
    bool doubled = table == POLYGON_POLYGON;
    int batches = rows[table] ? (rows[table] - 1) / batch + 1 : 0;
    int padding = batches * batch - rows[table];
    ListSizes& sizes = lists[list];
    sizes.table = table;
    sizes.first_word = first_word;
    sizes.slot_base = list == SECOND_SLOTS ? 1 : slots;
    sizes.slot_stride = doubled ? 2 : 1;
    sizes.first_stage = stages;
    sizes.batches = batches;
    sizes.last_padded_row = padding ? rows[table] - 1 : -1;
    sizes.first_padded_batch = padding >= batches ? 0 : batches - padding;
    stages += batches;
    slots += rows[table];
  }
};

}  // namespace kinetix
